"""Takes the training steps of TrainingStepBenchmark in PyTorch: pytorch_steps.py stage4|resnet18 BATCH STEPS THREADS."""
import sys

import torch
import torch.nn as nn
import torchvision

name, batch, steps, threads = sys.argv[1], *map(int, sys.argv[2:])
torch.set_num_threads(threads)
torch.manual_seed(1)
CLASSES = 6


def folded(layer):
    """The stage with BatchNorm folded into convolutions with a bias, as it is fine-tuned."""
    for module in layer.modules():
        for key, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d):
                setattr(module, key, nn.Conv2d(child.in_channels, child.out_channels, child.kernel_size, child.stride, child.padding))
            elif isinstance(child, nn.BatchNorm2d):
                setattr(module, key, nn.Identity())
    return layer


if name == "stage4":
    network = nn.Sequential(folded(torchvision.models.resnet50().layer4), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, CLASSES))
    images = torch.rand(batch, 1024, 14, 14)
else:
    network = torchvision.models.resnet18(num_classes=CLASSES)
    images = torch.rand(batch, 3, 64, 64)
network.train()
targets = torch.randint(0, CLASSES, (batch,))
optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, nesterov=True, weight_decay=5e-4)
loss = nn.CrossEntropyLoss(label_smoothing=0.1)
for _ in sys.stdin:
    for _ in range(steps):
        optimizer.zero_grad()
        loss(network(images), targets).backward()
        optimizer.step()
    print("done", flush=True)
