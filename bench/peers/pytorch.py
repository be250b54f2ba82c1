"""PyTorch and torchvision as a peer: `python3 pytorch.py WEIGHTS THREADS SIDE`.

Reads one request a line, {"work": "...", ...}, and answers each with one line of JSON; seconds are measured in here.
"""

import json
import platform
import sys
import time

import numpy
import PIL
import torch
import torchvision

import pytorch_head
from pytorch_network import faster_worker_count, featurize, featurize_one, load_network


def versions(_):
    return {"text": f"Python {platform.python_version()}, PyTorch {torch.__version__}, torchvision {torchvision.__version__}, Pillow {PIL.__version__}"}


def loader(request):
    return {"workers": faster_worker_count(network, request["paths"], side)}


def features(request):
    start = time.perf_counter()
    rows = featurize(network, request["paths"], side, request["workers"])
    return {"seconds": time.perf_counter() - start, "features": rows[0].tolist()}


def latency(request):
    seconds = []
    for path in request["paths"]:
        start = time.perf_counter()
        featurize_one(network, path, side)
        seconds.append(time.perf_counter() - start)
    return {"latencies": seconds}


def head(request):
    """The matrix comes as a file of float32, row by row, and is not part of the time."""
    problem = request["matrix"]
    labels = torch.tensor(problem["labels"])
    matrix = torch.from_numpy(numpy.fromfile(problem["file"], dtype=numpy.float32).reshape(len(labels), -1))
    start = time.perf_counter()
    _, _, objective = pytorch_head.fit(
        pytorch_head.standardize(matrix), labels, problem["classCount"], problem["l2"], pytorch_head.FINAL_GAP)
    return {"seconds": time.perf_counter() - start, "objective": objective}


WORKS = {"versions": versions, "loader": loader, "features": features, "latency": latency, "head": head}

weights, side = sys.argv[1], int(sys.argv[3])
torch.set_num_threads(int(sys.argv[2]))
network = load_network(weights)
for line in sys.stdin:
    message = json.loads(line)
    print(json.dumps(WORKS[message["work"]](message)), flush=True)
