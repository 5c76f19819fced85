"""Logits of networks, as the example has them: of each folder of a directory, out of `plan.json`, `weights.safetensors` and the
images in `batch.safetensors` [n, height, width, channels]. JSON, by folder."""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).parents[2] / "examples/pytorch"))
from network import Network  # noqa: E402

logits = {}
for folder in Path(sys.argv[1]).iterdir():
    network = Network(json.loads((folder / "plan.json").read_text()))
    network.begin(load_file(folder / "weights.safetensors"))
    network.eval()
    with torch.no_grad():
        images = load_file(folder / "batch.safetensors")["images"].permute(0, 3, 1, 2)
        logits[folder.name] = network(images).tolist()
json.dump(logits, sys.stdout)
