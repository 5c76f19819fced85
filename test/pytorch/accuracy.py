"""The accuracy on the validation examples of a plan with some weights: accuracy.py PLAN WEIGHTS DATA"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "examples/pytorch"))
from examples import Examples  # noqa: E402
from network import Network  # noqa: E402
from train import accuracy  # noqa: E402

plan, weights, data = sys.argv[1:]
examples = Examples(data, torch.device("cpu"))
network = Network(json.loads(Path(plan).read_text()))
network.begin(load_file(weights))
print(accuracy(network, examples, examples.validation))
