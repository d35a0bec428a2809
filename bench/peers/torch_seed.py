"""The seed network in PyTorch, with the layers and options that it has in keras_seed.py."""

import contextlib

import torch
from torch import nn

from measure import CLASSES, IMAGE_SIZE


def versions():
    return {"torch": torch.__version__}


def seed_network():
    """Ends in logits: PyTorch's loss takes them, and softmax is applied where probabilities are wanted."""
    stack, channels, size = [], 1, IMAGE_SIZE
    for filters in (64, 128, 256):
        stack += [
            nn.Conv2d(channels, filters, 3, padding=1),
            # Keras's defaults: epsilon 1e-3 and momentum 0.99, which PyTorch counts from the other end.
            nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
        ]
        channels, size = filters, size // 2
    stack.append(nn.Flatten())
    width = channels * size * size
    for units in (256, 512):
        stack += [
            nn.Linear(width, units),
            nn.BatchNorm1d(units, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.Dropout(0.25),
        ]
        width = units
    stack.append(nn.Linear(width, len(CLASSES)))
    return nn.Sequential(*stack).to(memory_format=torch.channels_last)


def mixed_precision(device, precision):
    """The context in which the forward pass runs."""
    if precision == "fp32":
        return contextlib.nullcontext()
    return torch.autocast(device, torch.bfloat16)


def finish(device):
    """Waits until the device has done what it was given, so that a clock can be read."""
    if device == "cuda":
        torch.cuda.synchronize()
