"""The recipe of `imagetrainer train` in PyTorch: `python3 pytorch_train.py LIST WEIGHTS OUTPUT THREADS SIDE WORKERS SEED`.

LIST has a line a photo: path, tab, label. A fifth of the photos, drawn by the seed, is held out; features, 5-fold choice of L2, final fit, accuracy, file.
"""

import json
import sys

import torch

import pytorch_head
from pytorch_network import featurize, load_network


def split(labels, test_fraction, seed):
    """Rows to train and to test on, class by class."""
    train, test = [], []
    generator = torch.Generator().manual_seed(seed)
    for label in labels.unique():
        rows = torch.nonzero(labels == label).flatten()
        rows = rows[torch.randperm(len(rows), generator=generator)].tolist()
        count = round(len(rows) * test_fraction)
        test += rows[:count]
        train += rows[count:]
    return train, test


def main():
    photos, weights_file, output, threads, side, workers, seed = sys.argv[1:8]
    torch.set_num_threads(int(threads))
    with open(photos, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    names = sorted({label for _, label in rows})
    labels = torch.tensor([names.index(label) for _, label in rows])
    train, test = split(labels, 0.2, int(seed))

    network = load_network(weights_file)
    features = featurize(network, [path for path, _ in rows], int(side), int(workers))
    mean, deviation = features[train].mean(dim=0), features[train].std(dim=0, unbiased=False).clamp_min(1e-12)
    features = (features - mean) / deviation
    l2 = pytorch_head.choose_l2(features[train], labels[train], len(names), int(seed))
    weights, biases, _ = pytorch_head.fit(features[train], labels[train], len(names), l2, pytorch_head.FINAL_GAP)
    predicted = (features[test] @ weights.T + biases).argmax(dim=1)
    accuracy = float((predicted == labels[test]).float().mean())

    torch.save({"network": network.state_dict(), "mean": mean, "deviation": deviation, "weights": weights, "biases": biases, "labels": names}, output)
    print(json.dumps({"accuracy": accuracy, "l2": l2}))


if __name__ == "__main__":
    main()
