"""Training throughput of the seed network in PyTorch: fp32 or bf16 autocast, channels-last.

Prints one JSON object: `step` (one fixed batch again and again) and `pipeline` (files, augmentation by torchvision in
worker processes, and step).
"""

import argparse
import tempfile
import time

import measure
import torch
import torch_seed


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=30, help="measured steps, after the warm-up")
    parser.add_argument("--warmup", type=int, default=6, help="more than the batches that workers fetch ahead")
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's choice")
    parser.add_argument("--workers", type=int, default=2, help="processes that read and augment")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
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
        self.network = torch_seed.seed_network().to(arguments.device).train()
        self.forward = torch.compile(self.network) if arguments.compile else self.network
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3, eps=1e-7)

    def place(self, images, labels):
        device = self.arguments.device
        return images.to(device, memory_format=torch.channels_last), labels.to(device)

    def step(self, images, labels):
        """Returns the loss as a number, as a progress bar needs it: this waits for the step."""
        self.optimizer.zero_grad(set_to_none=True)
        with torch_seed.mixed_precision(self.arguments.device, self.arguments.precision):
            loss = torch.nn.functional.cross_entropy(self.forward(images), labels)
        loss.backward()
        self.optimizer.step()
        torch_seed.finish(self.arguments.device)
        return loss.item()


def image_folder(folder):
    """What the Keras generator does: shear in degrees, zoom (one factor for both axes here), flip."""
    from torchvision import datasets, transforms

    return datasets.ImageFolder(
        folder,
        transforms.Compose(
            [
                transforms.Grayscale(),
                transforms.Resize((measure.IMAGE_SIZE, measure.IMAGE_SIZE)),
                transforms.RandomAffine(
                    0,
                    scale=(0.8, 1.2),
                    shear=(-0.2, 0.2),
                    interpolation=transforms.InterpolationMode.BILINEAR,
                ),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
            ]
        ),
    )


def batches_of(dataset, arguments, count):
    """`count` full batches of randomly drawn images, without epoch borders that would stall the workers."""
    sampler = torch.utils.data.RandomSampler(
        dataset, replacement=True, num_samples=count * arguments.batch, generator=torch.Generator().manual_seed(1)
    )
    return torch.utils.data.DataLoader(
        dataset, arguments.batch, sampler=sampler, num_workers=arguments.workers, drop_last=True
    )


def measure_step(arguments, dataset):
    trainer = Trainer(arguments)
    images, labels = trainer.place(*next(iter(batches_of(dataset, arguments, 1))))
    seconds = measure.time_rounds(
        lambda: trainer.step(images, labels), arguments.steps, min(arguments.warmup, 3)
    )
    return measure.training_timings(seconds, arguments.batch)


def measure_pipeline(arguments, dataset):
    trainer = Trainer(arguments)
    ends = []
    for images, labels in batches_of(dataset, arguments, arguments.warmup + arguments.steps):
        trainer.step(*trainer.place(images, labels))
        ends.append(time.perf_counter())
    ends = ends[arguments.warmup - 1 :]
    durations = [after - before for before, after in zip(ends, ends[1:])]
    return measure.pipeline_timings(durations, arguments.batch)


def main():
    arguments = read_arguments()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(1)
    result = {
        "peer": "torch",
        "task": "train",
        "versions": torch_seed.versions(),
        "machine": measure.machine(torch.get_num_threads()),
        "batch": arguments.batch,
        "workers": arguments.workers,
        "precision": arguments.precision,
        "compiled": arguments.compile,
        "device": torch.cuda.get_device_name() if arguments.device == "cuda" else "cpu",
        "data": "own folder" if arguments.data else "synthetic",
    }
    with tempfile.TemporaryDirectory() as folder:
        if not arguments.data:
            measure.synthetic_dataset(folder, max(8 * arguments.batch, 512))
        dataset = image_folder(arguments.data or folder)
        if arguments.only != "pipeline":
            result["step"] = measure_step(arguments, dataset)
        if arguments.only != "step":
            result["pipeline"] = measure_pipeline(arguments, dataset)
    measure.print_result(result)


if __name__ == "__main__":
    main()
