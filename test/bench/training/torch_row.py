"""One measurement: torch_row.py PLAN WEIGHTS SECONDS THREADS nchw|channels_last [compile] -> one line of JSON."""
import json
import sys
import time

import torch
import torch.nn.functional as F

from torch_net import Network, optimizer_of, read_safetensors

plan_file, weights_file, seconds, threads, layout, *more = sys.argv[1:]
torch.set_num_threads(int(threads))
torch.set_num_interop_threads(1)
with open(plan_file) as file:
    setting = json.load(file)
weights = read_safetensors(weights_file)
memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
images = weights["images"].permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
labels = weights["labels"].long()


def step_of(exact):
    network = Network(setting["plan"], weights, exact).to(memory_format=memory_format)
    rates = setting["step"]
    optimizer = optimizer_of(
        network, rates["learningRate"], rates["momentum"], rates["weightDecay"], fused="fused" in more
    )
    forward = torch.compile(network) if "compile" in more and not exact else network

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(forward(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


exact = step_of(exact=True)
losses = [exact() for _ in range(setting["compared"])]
step = step_of(exact=False)
warm_from = time.perf_counter()
for _ in range(3):
    step()
warm = time.perf_counter() - warm_from
taken = []
cpu_from = time.process_time()
start = time.perf_counter()
while time.perf_counter() - start < float(seconds) or len(taken) < 3:
    begun = time.perf_counter()
    step()
    taken.append(time.perf_counter() - begun)
cpu = (time.process_time() - cpu_from) / len(taken)
taken.sort()
with open("/proc/self/status") as file:
    resident = next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))
print(
    json.dumps(
        {
            "version": torch.__version__,
            "median": taken[len(taken) // 2],
            "best": taken[0],
            "steps": len(taken),
            "cpu": cpu,
            "warm": warm,
            "losses": losses,
            "mebibytes": resident / 1024,
        }
    )
)
