"""The network of an individual, built from the plan that Galapagos draws up of its DNA (GALAPAGOS_PLAN).

Tensors have the names and the shapes that they have in Galapagos, so that a child inherits them whoever trained its parent:
`edge/<id>/filter` [height, width, channels in, channels out], `vertex/<id>/{gamma,beta,mean,variance}`, `dense/kernel` [in, out],
`dense/bias`.
"""

import torch
import torch.nn.functional as F
from torch import nn

EPSILON = 1e-3
STATISTICS_DECAY = 0.9


def same_padding(size: int, filter_size: int, stride: int) -> tuple[int, int]:
    """Pixels of zeros before and behind, as TensorFlow's SAME has them: the odd one behind."""
    total = max(0, (-(-size // stride) - 1) * stride + filter_size - size)
    return total // 2, total - total // 2


class Edge(nn.Module):
    """A convolution or nothing, then brought to the shape of its vertex: nearest-neighbour resizing, channels cut off or added."""

    def __init__(self, plan: dict, source: dict, target: dict):
        super().__init__()
        self.id, self.source, yields = plan["id"], plan["from"], plan["yields"]
        self.filter, self.padding = None, (0, 0, 0, 0)
        convolution = plan.get("convolution")
        if convolution:
            height, width, before, behind = convolution["filter"]
            self.filter = nn.Parameter(torch.empty(behind, before, height, width))
            self.stride = convolution["stride"]
            vertical = same_padding(source["height"], height, self.stride)
            self.padding = (*same_padding(source["width"], width, self.stride), *vertical)
        is_resized = (yields["height"], yields["width"]) != (target["height"], target["width"])
        self.size = (target["height"], target["width"]) if is_resized else None
        self.missing = target["channels"] - yields["channels"]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.filter is not None:
            x = F.conv2d(F.pad(x, self.padding) if any(self.padding) else x, self.filter, stride=self.stride)
        if self.size:
            x = F.interpolate(x, self.size, mode="nearest")
        if self.missing < 0:
            return x[:, : self.missing]
        return F.pad(x, (0, 0, 0, 0, 0, self.missing)) if self.missing else x


class Vertex(nn.Module):
    """The sum of its edges; of a BN_RELU one normalised, then a leaky ReLU."""

    def __init__(self, plan: dict, shapes: dict[str, dict]):
        super().__init__()
        self.id = plan["id"]
        self.edges = nn.ModuleList(Edge(edge, shapes[edge["from"]], plan["shape"]) for edge in plan["edges"])
        normalization = plan.get("batchNormalization")
        self.leakiness = normalization["leakiness"] if normalization else None
        channels = plan["shape"]["channels"]
        # PyTorch's momentum is the part that is new. (Its running variance is that of a sample, ours of all.)
        self.normalize = nn.BatchNorm2d(channels, EPSILON, 1 - STATISTICS_DECAY) if normalization else None

    def forward(self, activations: dict[str, torch.Tensor]) -> torch.Tensor:
        terms = [edge(activations[edge.source]) for edge in self.edges]
        total = terms[0] if len(terms) == 1 else sum(terms[1:], terms[0])
        return total if self.normalize is None else F.leaky_relu(self.normalize(total), self.leakiness)


class Network(nn.Module):
    """Logits [images, classes] of normalised images [images, channels, height, width]."""

    def __init__(self, plan: dict):
        super().__init__()
        self.input, self.output = plan["input"], plan["output"]
        shapes = {plan["input"]: plan["image"]} | {vertex["id"]: vertex["shape"] for vertex in plan["vertices"]}
        self.vertices = nn.ModuleList(Vertex(vertex, shapes) for vertex in plan["vertices"])
        self.dense = nn.Linear(plan["features"], plan["classes"])
        self.specs = {spec["name"]: spec for spec in plan["parameters"]}

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        activations = {self.input: images}
        for vertex in self.vertices:
            activations[vertex.id] = vertex(activations)
        return self.dense(activations[self.output].mean((2, 3)))

    def tensors(self) -> dict[str, torch.Tensor]:
        """Its own tensors, by the names of Galapagos; see `to_own` for how their axes lie."""
        found = {"dense/kernel": self.dense.weight, "dense/bias": self.dense.bias}
        for vertex in self.vertices:
            for edge in vertex.edges:
                if edge.filter is not None:
                    found[f"edge/{edge.id}/filter"] = edge.filter
            if vertex.normalize is not None:
                bn, name = vertex.normalize, f"vertex/{vertex.id}"
                found |= {f"{name}/gamma": bn.weight, f"{name}/beta": bn.bias}
                found |= {f"{name}/mean": bn.running_mean, f"{name}/variance": bn.running_var}
        return {name: found[name] for name in self.specs}

    @torch.no_grad()
    def begin(self, inherited: dict[str, torch.Tensor]) -> None:
        """Takes over what has the same name and the same shape; the rest begins afresh."""
        for name, tensor in self.tensors().items():
            spec = self.specs[name]
            if name in inherited and list(inherited[name].shape) == spec["shape"]:
                tensor.copy_(to_own(inherited[name]))
            elif "constant" in spec["initial"]:
                tensor.fill_(spec["initial"]["constant"])
            else:
                # Cutting off at two deviations takes variance away; this gives it back.
                deviation = spec["initial"]["deviation"] / 0.87962566103423978
                nn.init.trunc_normal_(tensor, std=deviation, a=-2 * deviation, b=2 * deviation)

    def weights(self) -> dict[str, torch.Tensor]:
        """Copies, as Galapagos has them."""
        return {name: from_own(tensor.detach()).cpu() for name, tensor in self.tensors().items()}

    def groups(self, weight_decay: float) -> list[dict]:
        """For the optimizer: filters and the dense kernel decay, nothing else does."""
        trainable = [(self.specs[name], tensor) for name, tensor in self.tensors().items() if tensor.requires_grad]
        return [
            {"params": [tensor for spec, tensor in trainable if spec["decays"] == decays], "weight_decay": rate}
            for decays, rate in ((True, weight_decay), (False, 0.0))
        ]


def to_own(tensor: torch.Tensor) -> torch.Tensor:
    """[height, width, in, out] to [out, in, height, width]; [in, out] to [out, in]."""
    return tensor.permute(3, 2, 0, 1) if tensor.dim() == 4 else tensor.T if tensor.dim() == 2 else tensor


def from_own(tensor: torch.Tensor) -> torch.Tensor:
    moved = tensor.permute(2, 3, 1, 0) if tensor.dim() == 4 else tensor.T if tensor.dim() == 2 else tensor
    return moved.contiguous().clone()
