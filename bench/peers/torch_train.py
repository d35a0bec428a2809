"""Training throughput in PyTorch: fp32 (with TF32 or without) or bf16 autocast, channels-last.

Prints one JSON object: `step` (one fixed batch again and again) and `pipeline` (files, augmentation by torchvision in
worker processes, and step).
"""

import argparse
import tempfile
import time

import measure
import torch
import torch_recipes
import torch_seed
from torchvision import datasets, transforms


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--network", choices=list(torch_recipes.RECIPES), default="seed", help="resnet18: ferlab's preset large"
    )
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=30, help="measured steps, after the warm-up")
    parser.add_argument("--warmup", type=int, default=6, help="more than the batches that workers fetch ahead")
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's choice")
    parser.add_argument("--workers", type=int, default=2, help="processes that read and augment")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--tf32", action="store_true", help="fp32 products in TF32, on a GPU that has it")
    parser.add_argument("--compile", action="store_true", help="torch.compile; needs a C++ compiler")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--data", help="folder of class folders; synthetic images without it")
    parser.add_argument("--only", choices=["step", "pipeline"])
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: expected a CUDA device that PyTorch can use, found none.")
    return arguments


class Trainer:
    """The network, its optimizer, and one training step."""

    def __init__(self, arguments):
        self.arguments = arguments
        recipe = torch_recipes.RECIPES[arguments.network]
        network = recipe.network().to(arguments.device, memory_format=torch.channels_last).train()
        self.forward = torch.compile(network) if arguments.compile else network
        self.criterion = recipe.criterion()
        self.optimizer = recipe.optimizer(network)
        self.network, self.average = network, None
        if recipe.average is not None:
            update = torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.average)
            self.average = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=update, use_buffers=True)

    def place(self, images, labels):
        device = self.arguments.device
        images = images.to(device, memory_format=torch.channels_last, non_blocking=True)
        return images, labels.to(device, non_blocking=True)

    def step(self, images, targets):
        """Returns the loss as a number, as a progress bar needs it: this waits for the step."""
        self.optimizer.zero_grad(set_to_none=True)
        with torch_seed.mixed_precision(self.arguments.device, self.arguments.precision):
            loss = self.criterion(self.forward(images), targets)
        loss.backward()
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        torch_seed.finish(self.arguments.device)
        return loss.item()


def image_folder(folder, recipe):
    size = (measure.IMAGE_SIZE, measure.IMAGE_SIZE)
    steps = [transforms.Grayscale(), transforms.Resize(size), *recipe.augmentation()]
    return datasets.ImageFolder(folder, transforms.Compose(steps))


def batches_of(dataset, arguments, count):
    """`count` full batches of randomly drawn images, without epoch borders that would stall the workers."""
    sampler = torch.utils.data.RandomSampler(
        dataset, replacement=True, num_samples=count * arguments.batch, generator=torch.Generator().manual_seed(1)
    )
    return torch.utils.data.DataLoader(
        dataset,
        arguments.batch,
        sampler=sampler,
        num_workers=arguments.workers,
        drop_last=True,
        pin_memory=arguments.device == "cuda",
    )


def measure_step(arguments, dataset, flops):
    trainer = Trainer(arguments)
    images, labels = trainer.place(*next(iter(batches_of(dataset, arguments, 1))))
    seconds = measure.time_rounds(
        lambda: trainer.step(images, labels), arguments.steps, min(arguments.warmup, 3)
    )
    return measure.training_timings(seconds, arguments.batch, flops)


def measure_pipeline(arguments, dataset, flops):
    trainer = Trainer(arguments)
    recipe = torch_recipes.RECIPES[arguments.network]
    ends = []
    for images, labels in batches_of(dataset, arguments, arguments.warmup + arguments.steps):
        trainer.step(*recipe.mix(*trainer.place(images, labels)))
        ends.append(time.perf_counter())
    ends = ends[arguments.warmup - 1 :]
    durations = [after - before for before, after in zip(ends, ends[1:])]
    return measure.pipeline_timings(durations, arguments.batch, flops)


def main():
    arguments = read_arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    # PyTorch's own default is TF32 in convolutions and not in other products.
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = arguments.tf32
    torch.backends.cudnn.benchmark = True  # shapes never change
    recipe = torch_recipes.RECIPES[arguments.network]
    size = torch_recipes.size_of(recipe)
    result = {
        "peer": "torch",
        "task": "train",
        "versions": torch_seed.versions(),
        "machine": measure.machine(torch.get_num_threads()),
        "network": arguments.network,
        **size,
        "batch": arguments.batch,
        "workers": arguments.workers,
        "precision": arguments.precision,
        "tf32": arguments.tf32,
        "compiled": arguments.compile,
        "device": torch.cuda.get_device_name() if arguments.device == "cuda" else "cpu",
        "data": "own folder" if arguments.data else "synthetic",
    }
    with tempfile.TemporaryDirectory() as folder:
        if not arguments.data:
            measure.synthetic_dataset(folder, max(8 * arguments.batch, 512))
        dataset = image_folder(arguments.data or folder, recipe)
        if arguments.only != "pipeline":
            result["step"] = measure_step(arguments, dataset, size["trainingFlops"])
        if arguments.only != "step":
            result["pipeline"] = measure_pipeline(arguments, dataset, size["trainingFlops"])
    measure.print_result(result)


if __name__ == "__main__":
    main()
