"""A network of Galapagos in PyTorch, from the plan and the weights that the bench writes."""
import json
import struct

import torch
import torch.nn.functional as F
from torch import nn

EPSILON, STATISTICS_DECAY = 1e-3, 0.9


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    entries = json.loads(data[8 : 8 + length])
    entries.pop("__metadata__", None)
    tensors = {}
    for name, entry in entries.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(data[start:end]), dtype=torch.float32)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def padding(size, filter_size, stride):
    """Pixels of zeros before and behind, of TensorFlow's SAME padding."""
    total = max(0, (-(-size // stride) - 1) * stride + filter_size - size)
    return total // 2, total - total // 2


class Convolution(nn.Module):
    """`exact`: padded as TensorFlow does it, more behind than before. Else as PyTorch does it, which is the same work,
    a pixel aside, without a copy of the image."""

    def __init__(self, weight, stride, size, exact):
        super().__init__()
        self.weight = nn.Parameter(weight.permute(3, 2, 0, 1).contiguous())
        self.stride = stride
        top, bottom = padding(size[0], weight.shape[0], stride)
        left, right = padding(size[1], weight.shape[1], stride)
        self.uneven = (left, right, top, bottom) if exact and (top != bottom or left != right) else None
        self.padding = (0, 0) if self.uneven else (bottom, right)

    def forward(self, x):
        if self.uneven:
            x = F.pad(x, self.uneven)
        return F.conv2d(x, self.weight, None, self.stride, self.padding)


class Edge(nn.Module):
    """To the shape of its vertex, by nearest resize and by cutting channels off or adding zeros."""

    def __init__(self, edge, shape, size, weights, exact):
        super().__init__()
        convolution = edge.get("convolution")
        self.source = edge["from"]
        self.convolution = convolution and Convolution(
            weights[f"edge/{edge['id']}/filter"], convolution["stride"], size, exact
        )
        yields = edge["yields"]
        same_size = yields["height"] == shape["height"] and yields["width"] == shape["width"]
        self.size = None if same_size else (shape["height"], shape["width"])
        self.missing = shape["channels"] - yields["channels"]

    def forward(self, x):
        if self.convolution:
            x = self.convolution(x)
        if self.size:
            x = F.interpolate(x, self.size, mode="nearest")
        if self.missing < 0:
            x = x[:, : self.missing]
        elif self.missing > 0:
            x = F.pad(x, (0, 0, 0, 0, 0, self.missing))
        return x


class Vertex(nn.Module):
    def __init__(self, vertex, sizes, weights, exact):
        super().__init__()
        self.id = vertex["id"]
        self.edges = nn.ModuleList(
            Edge(edge, vertex["shape"], sizes[edge["from"]], weights, exact) for edge in vertex["edges"]
        )
        normalization = vertex.get("batchNormalization")
        self.normalize = None
        if normalization:
            self.normalize = nn.BatchNorm2d(vertex["shape"]["channels"], EPSILON, 1 - STATISTICS_DECAY)
            self.leakiness = normalization["leakiness"]
            for name, tensor in (
                ("gamma", self.normalize.weight),
                ("beta", self.normalize.bias),
                ("mean", self.normalize.running_mean),
                ("variance", self.normalize.running_var),
            ):
                tensor.data.copy_(weights[f"vertex/{self.id}/{name}"])

    def forward(self, activations):
        total = None
        for edge in self.edges:
            term = edge(activations[edge.source])
            total = term if total is None else total + term
        if not self.normalize:
            return total
        total = self.normalize(total)
        # In place: batch normalisation does not need its output.
        if self.leakiness == 0:
            return F.relu(total, inplace=True)
        return F.leaky_relu(total, self.leakiness, inplace=True)


class Network(nn.Module):
    def __init__(self, plan, weights, exact):
        super().__init__()
        self.input, self.output = plan["input"], plan["output"]
        sizes = {plan["input"]: (plan["image"]["height"], plan["image"]["width"])}
        for vertex in plan["vertices"]:
            sizes[vertex["id"]] = (vertex["shape"]["height"], vertex["shape"]["width"])
        self.vertices = nn.ModuleList(Vertex(vertex, sizes, weights, exact) for vertex in plan["vertices"])
        kernel = weights["dense/kernel"]
        self.dense = nn.Linear(*kernel.shape)
        self.dense.weight.data.copy_(kernel.T)
        self.dense.bias.data.copy_(weights["dense/bias"])

    def forward(self, images):
        activations = {self.input: images}
        for vertex in self.vertices:
            activations[vertex.id] = vertex(activations)
        return self.dense(activations[self.output].mean((2, 3)))


def optimizer_of(network, rate, momentum, decay, fused):
    """Filters and the dense kernel decay, nothing else does."""
    decaying = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [{"params": decaying, "weight_decay": decay}, {"params": others, "weight_decay": 0}]
    return torch.optim.SGD([group for group in groups if group["params"]], lr=rate, momentum=momentum, fused=fused)
