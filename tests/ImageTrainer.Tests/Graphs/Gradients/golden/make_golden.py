#!/usr/bin/python3
"""Writes the golden vectors of GoldenStepTests: gradients of whole training steps by PyTorch's autograd, in double precision.

Made with PyTorch 1.13.1, NumPy 1.24.2, Python 3.11. Weights, images and targets are numbers of SplitMix64, which the test draws alike, so
that only results are stored: of every parameter the norm of its gradient and up to 64 elements of it, evenly spaced. The seeds are such
that no input of a ReLU lies near enough to 0 to change its sign in single precision (the script says how near).

    python3 make_golden.py > golden.json
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

SAMPLES = 64


def draw(seed, shape, bound):
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0xD1342543DE82EF95)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    unit = (z >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)
    return ((unit * np.float32(2) - np.float32(1)) * np.float32(bound)).reshape(shape)


class Network:
    def __init__(self, seed, uses_batch_norm):
        self.seed, self.uses_batch_norm, self.count = seed, uses_batch_norm, 0
        self.parameters, self.margin = {}, float("inf")

    def parameter(self, name, shape, bound, offset=0.0):
        self.count += 1
        values = draw(self.seed * 1000 + self.count, shape, bound) + np.float32(offset)
        self.parameters[name] = torch.tensor(values.astype(np.float64), requires_grad=True)
        return self.parameters[name]

    def relu(self, x):
        self.margin = min(self.margin, float(x.detach().abs().min()))
        return F.relu(x)

    def conv(self, name, x, channels, size, stride):
        fan_in = x.shape[1] * size * size
        kernel = self.parameter(f"{name}.weight", (channels, x.shape[1], size, size), np.float32(np.sqrt(6.0 / fan_in)))
        if not self.uses_batch_norm:
            return F.conv2d(x, kernel, self.parameter(f"{name}.bias", (channels,), 0.1), stride, size // 2)
        y = F.conv2d(x, kernel, None, stride, size // 2)
        gamma = self.parameter(f"{name}.norm.gamma", (channels,), 0.25, 1.0)
        beta = self.parameter(f"{name}.norm.beta", (channels,), 0.25)
        return F.batch_norm(y, None, None, gamma, beta, training=True, eps=1e-5)

    def block(self, name, x, width, stride, bottleneck):
        outputs = width * 4 if bottleneck else width
        if bottleneck:
            y = self.relu(self.conv(f"{name}.conv1", x, width, 1, 1))
            y = self.relu(self.conv(f"{name}.conv2", y, width, 3, stride))
            y = self.conv(f"{name}.conv3", y, outputs, 1, 1)
        else:
            y = self.relu(self.conv(f"{name}.conv1", x, width, 3, stride))
            y = self.conv(f"{name}.conv2", y, outputs, 3, 1)
        if stride != 1 or x.shape[1] != outputs:
            x = self.conv(f"{name}.shortcut", x, outputs, 1, stride)
        return self.relu(y + x)

    def stages(self, x, counts, first, bottleneck):
        for stage, count in enumerate(counts, start=first):
            for index in range(count):
                stride = 2 if stage > 1 and index == 0 else 1
                x = self.block(f"stage{stage}.block{index + 1}", x, 64 << (stage - 1), stride, bottleneck)
        return x

    def head(self, x, classes):
        x = x.mean((2, 3))
        weight = self.parameter("head.weight", (classes, x.shape[1]), 0.1)
        return x @ weight.T + self.parameter("head.bias", (classes,), 0.1)


def step(name, seed, shape, classes, smoothing, forward, uses_batch_norm):
    network = Network(seed, uses_batch_norm)
    images = torch.tensor(draw(seed * 1000 + 900, shape, 1.0).astype(np.float64))
    targets = torch.tensor(draw(seed * 1000 + 901, (shape[0], classes), 0.5).astype(np.float64)) + 0.5
    logits = network.head(forward(network, images), classes)
    total = targets.sum()
    soft = (1 - smoothing) * targets + smoothing / classes * targets.sum(1, keepdim=True)
    loss = -(soft * F.log_softmax(logits, 1)).sum() / total
    loss.backward()
    print(f"{name}, seed {seed}: loss {loss.item():.6f}, nearest ReLU input {network.margin:.2e}", file=sys.stderr)
    return {"name": name, "seed": seed, "loss": loss.item(), "parameters": [
        {"name": key, "norm": value.grad.norm().item(), "samples": sample(value.grad)}
        for key, value in network.parameters.items()]}, network.margin


def sample(gradient):
    flat = gradient.flatten()
    stride = max(1, len(flat) // SAMPLES)
    return [float(f"{value:.8g}") for value in flat[::stride][:SAMPLES].tolist()]


def resnet18(network, images):
    x = network.relu(network.conv("stem.conv", images, 64, 7, 2))
    return network.stages(F.max_pool2d(x, 3, 2, 1), [2, 2, 2, 2], 1, False)


def resnet50_stages_3_and_4(network, activations):
    return network.stages(activations, [6, 3], 3, True)


def best(name, seeds, *arguments):
    return max((step(name, seed, *arguments) for seed in seeds), key=lambda result: result[1])[0]


json.dump([
    best("resnet18", range(1, 25), (2, 3, 64, 64), 5, 0.1, resnet18, True),
    best("resnet50-stages-3-4", range(1, 25), (2, 512, 8, 8), 5, 0.1, resnet50_stages_3_and_4, False),
], sys.stdout, indent=0)
