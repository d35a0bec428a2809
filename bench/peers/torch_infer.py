"""Inference of the seed network in PyTorch: one image, batches of 64, the network alone, and a cold start.

Prints one JSON object with the same fields as keras_infer.py. Weights are random: speed doesn't depend on them.
"""

import argparse
import json
import tempfile

import measure


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--cold-rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: PyTorch's choice")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--data", help="folder with images below it; synthetic images without it")
    parser.add_argument("--cold", nargs=2, metavar=("MODEL", "FILE"), help="used by the cold start itself")
    return parser.parse_args()


def read_images(torch, files):
    """Grey images as [N, 1, H, W], 0 to 1."""
    import numpy
    from PIL import Image

    size = (measure.IMAGE_SIZE, measure.IMAGE_SIZE)
    images = []
    for file in files:
        with Image.open(file) as image:
            images.append(numpy.asarray(image.convert("L").resize(size, Image.Resampling.BILINEAR), "float32"))
    return torch.from_numpy(numpy.stack(images)[:, None] / 255)


class Predictor:
    """A loaded network on its device."""

    def __init__(self, arguments, state=None):
        import torch
        import torch_seed

        self.torch, self.seed, self.arguments = torch, torch_seed, arguments
        if arguments.threads:
            torch.set_num_threads(arguments.threads)
        self.network = torch_seed.seed_network().eval()
        if state:
            self.network.load_state_dict(torch.load(state, weights_only=True))
        self.network.to(arguments.device)

    def place(self, images):
        return images.to(self.arguments.device, memory_format=self.torch.channels_last)

    def predict(self, images):
        """Probabilities `[N, classes]`, back in main memory."""
        with self.torch.inference_mode():
            with self.seed.mixed_precision(self.arguments.device, self.arguments.precision):
                logits = self.network(images)
            return self.torch.softmax(logits.float(), dim=1).cpu()

    def predict_files(self, files):
        return self.predict(self.place(read_images(self.torch, files)))


def measure_all(arguments, folder, state):
    predictor = Predictor(arguments)
    predictor.torch.save(predictor.network.state_dict(), state)
    files = measure.image_files(folder, arguments.batch)
    one = predictor.place(read_images(predictor.torch, files[:1]))
    many = predictor.place(read_images(predictor.torch, files))

    def rounds(function, images):
        return measure.timings(measure.time_rounds(function, arguments.rounds, 5), images)

    return {
        "versions": predictor.seed.versions(),
        "machine": measure.machine(predictor.torch.get_num_threads()),
        "device": predictor.torch.cuda.get_device_name() if arguments.device == "cuda" else "cpu",
        "fileOne": rounds(lambda: predictor.predict_files(files[:1]), 1),
        "fileBatch": rounds(lambda: predictor.predict_files(files), arguments.batch),
        "networkOne": rounds(lambda: predictor.predict(one), 1),
        "networkBatch": rounds(lambda: predictor.predict(many), arguments.batch),
    }


def main():
    arguments = read_arguments()
    if arguments.cold:
        model, file = arguments.cold
        print(json.dumps(Predictor(arguments, model).predict_files([file])[0].tolist()), flush=True)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.data or f"{scratch}/images"
        if not arguments.data:
            measure.synthetic_dataset(folder, arguments.batch)
        state = f"{scratch}/seed.pt"
        result = {
            "peer": "torch",
            "task": "infer",
            "batch": arguments.batch,
            "precision": arguments.precision,
            **measure_all(arguments, folder, state),
        }
        cold = ["--cold", state, measure.image_files(folder, 1)[0], "--device", arguments.device]
        cold += ["--threads", str(arguments.threads), "--precision", arguments.precision]
        result["coldStart"] = measure.timings(measure.cold_starts(__file__, cold, arguments.cold_rounds))
    measure.print_result(result)


if __name__ == "__main__":
    main()
