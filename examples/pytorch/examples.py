"""The examples of a search: the packed file of Galapagos (GALAPAGOS_DATA), as packages/datasets/README.md describes it."""

import json
import mmap
import struct

import numpy as np
import torch

PAGE = 4096


def aligned(offset: int) -> int:
    return -(-offset // PAGE) * PAGE


class Examples:
    """Images as bytes, in a file that all processes of a machine share; normalised as they are taken."""

    def __init__(self, path: str, device: torch.device):
        with open(path, "rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, length = struct.unpack_from("<8sII", data)
        if magic != b"GALAPACK" or version != 1:
            raise ValueError(f"{path}: not a packed data set of format 1")
        header = json.loads(data[48 : 48 + length])
        self.device, counts = device, header["counts"]
        total = sum(counts.values())
        labels_at = aligned(48 + length)
        shape = (total, header["height"], header["width"], header["channels"])
        self.labels = np.frombuffer(data, np.uint16, total, labels_at)
        self.images = np.frombuffer(data, np.uint8, int(np.prod(shape)), aligned(labels_at + 2 * total)).reshape(shape)
        self.train = np.arange(counts["train"])
        self.validation = counts["train"] + np.arange(counts["validation"])
        channels = {name: torch.tensor(header["normalization"][name], device=device) for name in ("mean", "deviation")}
        self.mean, self.deviation = (channels[name].view(1, -1, 1, 1) for name in ("mean", "deviation"))

    def take(self, indices: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Normalised images [n, channels, height, width], and labels."""
        images = torch.from_numpy(self.images[indices]).to(self.device).permute(0, 3, 1, 2)
        labels = torch.from_numpy(self.labels[indices].astype(np.int64)).to(self.device)
        return (images - self.mean) / self.deviation, labels


def augmented(images: torch.Tensor, pad_crop: int, flip: bool, chance: np.random.Generator) -> torch.Tensor:
    """Each image moved by up to `pad_crop` pixels, and half of them mirrored."""
    if pad_crop == 0 and not flip:
        return images
    count, _, height, width = images.shape
    padded = torch.nn.functional.pad(images, (pad_crop,) * 4)
    out = torch.empty_like(images)
    for i in range(count):
        down, right = chance.integers(0, 2 * pad_crop + 1, 2)
        image = padded[i, :, down : down + height, right : right + width]
        out[i] = image.flip(-1) if flip and chance.random() < 0.5 else image
    return out
