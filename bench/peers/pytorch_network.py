"""A torchvision ResNet-50 with the weights of a safetensors file, and photos as its input."""

import json
import struct
import time

import numpy
import torch
import torchvision
from PIL import Image
from torchvision import transforms

BATCH_SIZE = 16


def read_safetensors(path):
    """Name -> float32 tensor; the format is a length, a JSON header, and the numbers."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        content = file.read()
    kinds = {"F16": numpy.float16, "F32": numpy.float32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in kinds:
            continue
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(content[begin:end], dtype=kinds[entry["dtype"]])
        tensors[name] = torch.from_numpy(values.astype(numpy.float32).reshape(entry["shape"]))
    return tensors


def load_network(weights):
    """The network without its head, channels-last, ready for inference."""
    network = torchvision.models.resnet50(weights=None)
    result = network.load_state_dict(read_safetensors(weights), strict=False)
    missing = [name for name in result.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or result.unexpected_keys:
        raise SystemExit(f"{weights} is no ResNet-50: missing {missing[:3]}, unexpected {result.unexpected_keys[:3]}")
    network.fc = torch.nn.Identity()
    return network.eval().to(memory_format=torch.channels_last)


class Photos(torch.utils.data.Dataset):
    """The usual way from a photo to a tensor: PIL, resize the short side, crop the centre, normalise."""

    def __init__(self, paths, side):
        self.paths = paths
        self.transform = transforms.Compose([
            transforms.Resize(side),
            transforms.CenterCrop(side),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ])

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with Image.open(self.paths[index]) as image:
            return self.transform(image.convert("RGB"))


def featurize(network, paths, side, workers):
    """[N, D] features; decoding in this process (0) or in worker processes."""
    loader = torch.utils.data.DataLoader(Photos(paths, side), batch_size=BATCH_SIZE, num_workers=workers)
    with torch.inference_mode():
        return torch.cat([network(batch.contiguous(memory_format=torch.channels_last)) for batch in loader])


def featurize_one(network, path, side):
    """[1, D] features, without the overhead of a loader."""
    with torch.inference_mode():
        return network(Photos([path], side)[0].unsqueeze(0).contiguous(memory_format=torch.channels_last))


def faster_worker_count(network, paths, side, choices=(0, 2)):
    """Which of these numbers of decoding processes is the fastest on these photos."""
    def seconds(workers):
        start = time.perf_counter()
        featurize(network, paths, side, workers)
        return time.perf_counter() - start
    featurize(network, paths[:BATCH_SIZE], side, 0)
    return min(choices, key=lambda workers: min(seconds(workers), seconds(workers)))
