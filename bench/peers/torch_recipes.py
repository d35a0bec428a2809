"""What torch_train.py trains: networks with the optimizer and augmentation of ferlab's presets."""

import dataclasses
import typing

import torch
import torch_resnet18
import torch_seed
from measure import CLASSES, IMAGE_SIZE
from torch.utils.flop_counter import FlopCounterMode
from torchvision import transforms


@dataclasses.dataclass(frozen=True)
class Recipe:
    network: typing.Callable
    optimizer: typing.Callable
    """From a network to its optimizer."""
    augmentation: typing.Callable
    """Gives transforms from a grey PIL image to a tensor."""
    side: int = IMAGE_SIZE
    """Of the images that the network takes."""
    smoothing: float = 0.0
    mixup: float | None = None
    """Alpha of mixup (Zhang et al. 2018)."""
    average: float | None = None
    """Decay per step of an exponential moving average of parameters and statistics."""

    def criterion(self):
        return torch.nn.CrossEntropyLoss(label_smoothing=self.smoothing)

    def mix(self, images, labels):
        """Images and targets averaged in pairs, where the recipe has that; one weight a batch."""
        if self.mixup is None:
            return images, labels
        weight = torch.distributions.Beta(self.mixup, self.mixup).sample().item()
        targets = torch.nn.functional.one_hot(labels, len(CLASSES)).to(images.dtype)
        partners = torch.randperm(len(images), device=images.device)
        return torch.lerp(images[partners], images, weight), torch.lerp(targets[partners], targets, weight)


def seed_augmentation():
    """What the Keras generator does: shear in degrees, zoom (one factor for both axes here), flip."""
    return [
        transforms.RandomAffine(
            0,
            scale=(0.8, 1.2),
            shear=(-0.2, 0.2),
            interpolation=transforms.InterpolationMode.BILINEAR,
        ),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
    ]


def adam(network):
    return torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7)


def adamw(network):
    """Weight decay of kernels alone, as the preset has it."""
    kernels = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    groups = [{"params": kernels, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=1e-3, eps=1e-7)


RECIPES = {
    "seed": Recipe(torch_seed.seed_network, adam, seed_augmentation),
    "resnet18": Recipe(
        torch_resnet18.resnet18_network,
        adamw,
        torch_resnet18.augmentation,
        side=torch_resnet18.CROP,
        smoothing=0.1,
        mixup=0.4,
        average=0.999,
    ),
}


def size_of(recipe):
    """Parameters, and floating-point operations of one image's training: PyTorch's count of the forward pass, times 3."""
    network = recipe.network().eval()
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, 1, recipe.side, recipe.side))
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {"parameters": parameters, "trainingFlops": 3 * counter.get_total_flops()}
