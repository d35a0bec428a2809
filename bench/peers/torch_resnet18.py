"""ferlab's preset `large` in PyTorch: ResNet-18 (He et al. 2016) with a 3x3 stem and no pooling after it."""

import torch
from torch import nn
from torchvision import transforms

from measure import CLASSES

CROP = 44
DROPOUT = 0.3


class Standardize(nn.Module):
    """Every image less its mean, divided by its standard deviation."""

    def forward(self, x):
        variance, mean = torch.var_mean(x, dim=(1, 2, 3), correction=0, keepdim=True)
        return (x - mean) / torch.sqrt(variance + (1 / 255) ** 2)


def normalization(filters, gamma=1.0):
    layer = nn.BatchNorm2d(filters, eps=1e-5, momentum=0.1)
    nn.init.constant_(layer.weight, gamma)
    return layer


def convolution(channels, filters, kernel, stride=1):
    layer = nn.Conv2d(channels, filters, kernel, stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight)
    return layer


class Block(nn.Module):
    """Two convolutions and a shortcut; starts as its shortcut (Goyal et al. 2017)."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, filters, 3, stride),
            normalization(filters),
            nn.ReLU(inplace=True),
            convolution(filters, filters, 3),
            normalization(filters, gamma=0.0),
        )
        self.shortcut = nn.Identity()
        if stride != 1 or channels != filters:
            self.shortcut = nn.Sequential(convolution(channels, filters, 1, stride), normalization(filters))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


def resnet18_network():
    """Ends in logits, as torch_seed's network."""
    stack = [Standardize(), convolution(1, 64, 3), normalization(64), nn.ReLU(inplace=True)]
    channels = 64
    for filters in (64, 128, 256, 512):
        for stride in (1 if filters == 64 else 2, 1):
            stack.append(Block(channels, filters, stride))
            channels = filters
    stack += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(DROPOUT), nn.Linear(channels, len(CLASSES))]
    return nn.Sequential(*stack)


def augmentation():
    """The preset's, in torchvision's words; the first takes a grey PIL image, the last gives a tensor."""
    warp = transforms.RandomAffine(
        10,
        translate=(0.08, 0.08),
        scale=(0.85, 1.15),
        interpolation=transforms.InterpolationMode.BILINEAR,
    )
    return [
        transforms.RandomApply([warp], 0.8),
        transforms.RandomCrop(CROP),
        transforms.RandomHorizontalFlip(),
        transforms.RandomApply([transforms.ColorJitter(brightness=0.3, contrast=0.3)], 0.5),
        transforms.ToTensor(),
        transforms.RandomErasing(0.5, scale=(0.02, 0.2), value="random"),
    ]
