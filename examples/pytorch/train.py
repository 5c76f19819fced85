"""Trains one individual of Galapagos with PyTorch: galapagos worker DIR --trainer 'python3 examples/pytorch/train.py'

docs/trainers.md says what such a program is told and what it answers. Needs torch, safetensors and numpy.
"""

import argparse
import hashlib
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from examples import Examples, augmented
from network import Network, from_own, to_own

PREEMPTED = 75
NO_ACCELERATOR = 6

is_asked_back = False


def ask_back(*_) -> None:
    global is_asked_back
    is_asked_back = True


def report(**fields) -> None:
    print(json.dumps(fields), flush=True)


def save_checkpoint(path: Path, network: Network, optimizer: torch.optim.Optimizer) -> None:
    """Weights and momentum, as the built-in trainer names them: it could be read by any trainer that knows how to."""
    tensors = network.weights()
    for name, tensor in network.tensors().items():
        momentum = optimizer.state.get(tensor, {}).get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum/{name}"] = from_own(momentum).cpu()
    save_file(tensors, path)


def load_momentum(tensors: dict[str, torch.Tensor], network: Network, optimizer: torch.optim.Optimizer) -> None:
    for name, tensor in network.tensors().items():
        momentum = tensors.get(f"momentum/{name}")
        if momentum is not None:
            optimizer.state[tensor]["momentum_buffer"] = to_own(momentum).to(tensor.device).clone()


@torch.no_grad()
def accuracy(network: Network, examples: Examples, indices: np.ndarray, batch: int = 250) -> float:
    network.eval()
    correct = 0
    for at in range(0, len(indices), batch):
        images, labels = examples.take(indices[at : at + batch])
        correct += int((network(images).argmax(1) == labels).sum())
    return correct / len(indices)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--device", help="cpu, cuda, …; default: cuda where it is there")
    asked = options.parse_args().device
    told = os.environ
    if told.get("GALAPAGOS_GPU") == "require" and not torch.cuda.is_available():
        print("GALAPAGOS_GPU=require, and PyTorch finds no GPU", file=sys.stderr)
        return NO_ACCELERATOR
    device = torch.device(asked or ("cuda" if torch.cuda.is_available() else "cpu"))
    signal.signal(signal.SIGTERM, ask_back)
    torch.set_num_threads(1)

    plan = json.loads(Path(told["GALAPAGOS_PLAN"]).read_text())
    settings = json.loads(told["GALAPAGOS_TRAINING"])
    output = Path(told["GALAPAGOS_OUTPUT"])
    resumed, inherited = told["GALAPAGOS_CHECKPOINT"], told["GALAPAGOS_INHERITED"]
    step = int(re.search(r"~(\d+)~\w+\.safetensors$", resumed)[1]) if resumed else 0
    # Whoever goes on does not see the same examples once more.
    seed = int.from_bytes(hashlib.sha256(f"{told['GALAPAGOS_SEED']} {step}".encode()).digest()[:4], "big")
    torch.manual_seed(seed)
    chance = np.random.default_rng(seed)

    examples = Examples(told["GALAPAGOS_DATA"], device)
    network = Network(plan).to(device)
    tensors = load_file(resumed or inherited, str(device)) if resumed or inherited else {}
    network.begin(tensors)
    groups = [group for group in network.groups(plan["weightDecayRate"]) if group["params"]]
    optimizer = torch.optim.SGD(groups, lr=plan["learningRate"], momentum=settings["momentum"])
    if resumed:
        load_momentum(tensors, network, optimizer)

    order = np.empty(0, np.int64)
    last_report = last_checkpoint = time.monotonic()
    network.train()
    loss = torch.tensor(float("nan"))
    while step < settings["steps"]:
        now = time.monotonic()
        if is_asked_back or now - last_checkpoint >= settings["checkpointSeconds"]:
            checkpoint = output / f"checkpoint-{step}.safetensors"
            save_checkpoint(checkpoint, network, optimizer)
            report(step=step, steps=settings["steps"], loss=finite(loss), checkpoint=checkpoint.name)
            last_checkpoint = time.monotonic()
        if is_asked_back:
            return PREEMPTED
        if now - last_report >= 0.5:
            report(step=step, steps=settings["steps"], loss=finite(loss))
            last_report = now
        if len(order) < settings["batchSize"]:
            order = np.concatenate([order, chance.permutation(examples.train)])
        batch, order = order[: settings["batchSize"]], order[settings["batchSize"] :]
        images, labels = examples.take(batch)
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(network(augmented(images, settings["padCrop"], settings["flip"], chance)), labels)
        loss.backward()
        optimizer.step()
        step += 1
        if not torch.isfinite(loss):
            return answer(output, fitness=0, diverged=True, steps=step)

    fitness = accuracy(network, examples, examples.validation)
    weights = network.weights()
    if not all(torch.isfinite(tensor).all() for tensor in weights.values()):
        return answer(output, fitness=0, diverged=True, steps=step)
    save_file(weights, output / "weights.safetensors")
    return answer(output, fitness=fitness, steps=step)


def finite(loss: torch.Tensor) -> float | None:
    return loss.item() if torch.isfinite(loss) else None


def answer(output: Path, **fields) -> int:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    (output / "evaluation.json").write_text(json.dumps({**fields, "backend": f"PyTorch {torch.__version__}, {device}"}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
