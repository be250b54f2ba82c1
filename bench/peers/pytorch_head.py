"""Multinomial logistic regression by L-BFGS, with the L2 strength chosen by stratified cross-validation."""

import math

import torch
from torch.nn import functional

CANDIDATES = [10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001]
FOLD_COUNT = 5
FOLD_GAP, FINAL_GAP = 1e-4, 1e-6  # How far above the optimum, in nats, is near enough.
PATIENCE = 2  # Strengths in a row that must be worse than the best before the walk ends.


class Converged(Exception):
    """The gradient is small enough: the optimum is no further than the gap."""


def standardize(features):
    """Columns of mean 0 and variance 1."""
    deviation = features.std(dim=0, unbiased=False)
    return (features - features.mean(dim=0)) / torch.where(deviation > 0, deviation, torch.ones_like(deviation))


def fit(features, labels, class_count, l2, gap, start=None):
    """Minimises mean cross-entropy + l2 / 2 * |W|^2; gives W [K, D], b [K] and the objective."""
    weights = torch.zeros(class_count, features.shape[1]) if start is None else start[0].clone()
    biases = torch.zeros(class_count) if start is None else start[1].clone()
    weights.requires_grad_(True)
    biases.requires_grad_(True)
    optimizer = torch.optim.LBFGS(
        [weights, biases], max_iter=1000, history_size=10, line_search_fn="strong_wolfe", tolerance_grad=0, tolerance_change=0)
    # Of an l2-convex function: f(x) - f(best) <= |gradient|^2 / (2 l2).
    limit = math.sqrt(2 * gap * l2)
    last = [0.0]

    def closure():
        optimizer.zero_grad()
        loss = functional.cross_entropy(features @ weights.T + biases, labels) + l2 / 2 * weights.square().sum()
        loss.backward()
        last[0] = float(loss)
        if math.hypot(float(weights.grad.norm()), float(biases.grad.norm())) <= limit:
            raise Converged
        return loss

    try:
        optimizer.step(closure)
    except Converged:
        pass
    return weights.detach(), biases.detach(), last[0]


def choose_l2(features, labels, class_count, seed):
    """The strength of lowest held-out log-loss, walked from the strongest; each fold starts where it last ended."""
    folds = assign_folds(labels, seed)
    heads = [None] * FOLD_COUNT
    losses = []
    for l2 in CANDIDATES:
        loss = 0.0
        for fold in range(FOLD_COUNT):
            kept, held_out = folds != fold, folds == fold
            weights, biases, _ = fit(features[kept], labels[kept], class_count, l2, FOLD_GAP, heads[fold])
            heads[fold] = (weights, biases)
            loss += float(functional.cross_entropy(features[held_out] @ weights.T + biases, labels[held_out], reduction="sum"))
        losses.append(loss)
        if len(losses) - 1 - losses.index(min(losses)) >= PATIENCE:
            break
    return CANDIDATES[losses.index(min(losses))]


def assign_folds(labels, seed):
    """[N], the fold of each row: every class is shuffled and dealt out in turn."""
    folds = torch.zeros(len(labels), dtype=torch.long)
    for label in labels.unique():
        rows = torch.nonzero(labels == label).flatten()
        folds[rows[torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))]] = torch.arange(len(rows)) % FOLD_COUNT
    return folds
