"""Training throughput of the seed network in Keras 3 with ImageDataGenerator: the system this project replaces.

Prints one JSON object: `step` (one fixed batch again and again) and `pipeline` (files, augmentation and step). With
--epochs and --validation it trains instead and prints accuracy and seconds per epoch; --history writes the learning curve.
"""

import argparse
import contextlib
import json
import pathlib
import sys
import tempfile
import time

import keras_seed
import measure


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=30, help="measured steps, after the warm-up")
    parser.add_argument("--warmup", type=int, default=12, help="more than the pipeline's queue of 10 batches")
    parser.add_argument("--threads", type=int, default=0, help="0: TensorFlow's choice")
    parser.add_argument("--workers", type=int, default=1, help="threads that augment; Keras's default is 1")
    parser.add_argument("--data", help="folder of class folders; synthetic images without it")
    parser.add_argument("--only", choices=["step", "pipeline"])
    parser.add_argument("--epochs", type=int, default=0, help="train this long; needs --data and --validation")
    parser.add_argument("--validation", help="folder of class folders")
    parser.add_argument("--history", help="file for the learning curve, JSON as ferlab's history.json")
    arguments = parser.parse_args()
    if arguments.epochs and not (arguments.data and arguments.validation):
        parser.error("--epochs: expected --data and --validation beside it.")
    return arguments


def training_batches(folder, batch, workers):
    """The seed notebooks' generator. Its shear is in degrees, so that 0.2 is next to nothing: so they have it."""
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    generator = ImageDataGenerator(rescale=1 / 255, shear_range=0.2, zoom_range=0.2, horizontal_flip=True)
    batches = read_folder(generator, folder, batch, shuffle=True)
    batches.workers = workers
    return batches


def validation_batches(folder, batch):
    from tensorflow.keras.preprocessing.image import ImageDataGenerator

    return read_folder(ImageDataGenerator(rescale=1 / 255), folder, batch, shuffle=False)


def read_folder(generator, folder, batch, shuffle):
    size = measure.IMAGE_SIZE
    with contextlib.redirect_stdout(sys.stderr):  # "Found n images": standard output is for the JSON
        return generator.flow_from_directory(
            folder,
            target_size=(size, size),
            color_mode="grayscale",
            class_mode="categorical",
            batch_size=batch,
            shuffle=shuffle,
            seed=1,
        )


class StepClock(keras_seed.keras.callbacks.Callback):
    """Time from the end of one step to the end of the next, waiting for data included."""

    def __init__(self):
        super().__init__()
        self.ends = []

    def on_train_batch_end(self, batch, logs=None):
        self.ends.append(time.perf_counter())

    def durations(self, warmup):
        ends = self.ends[warmup - 1 :]
        return [after - before for before, after in zip(ends, ends[1:])]


def measure_step(arguments, batches):
    model = keras_seed.seed_network()
    # As tensors, so that the fixed batch isn't copied from numpy at every step.
    images, labels = (keras_seed.tf.constant(part) for part in batches[0])
    seconds = measure.time_rounds(
        lambda: model.train_on_batch(images, labels), arguments.steps, min(arguments.warmup, 3)
    )
    return measure.training_timings(seconds, arguments.batch)


def full_batches(batches, steps):
    """Batches without the short last one of each epoch, for exactly `steps` steps."""
    whole = batches.n // batches.batch_size
    if whole == 0:
        raise SystemExit(f"expected at least one batch of {batches.batch_size} images, found {batches.n} images.")
    return min(whole, steps), -(-steps // whole)


def measure_pipeline(arguments, batches):
    model = keras_seed.seed_network()
    clock = StepClock()
    steps = arguments.warmup + arguments.steps
    per_epoch, epochs = full_batches(batches, steps)
    model.fit(batches, steps_per_epoch=per_epoch, epochs=epochs, callbacks=[clock], verbose=0)
    return measure.pipeline_timings(clock.durations(arguments.warmup)[: arguments.steps], arguments.batch)


def history_row(epoch, logs, seconds, images, model):
    """A row of ferlab's history.json. How long it waited for data isn't known; its speed counts validation too."""
    return {
        "epoch": epoch + 1,
        "learning_rate": float(model.optimizer.learning_rate),
        **{key: float(logs[key]) for key in ("loss", "accuracy", "val_loss", "val_accuracy")},
        "seconds": round(seconds, 2),
        "images_per_second": round(images / seconds, 1),
        "data_wait": None,
    }


def write_history(path, rows):
    lines = ",\n".join(f"  {json.dumps(row, separators=(',', ':'))}" for row in rows)
    unfinished = pathlib.Path(f"{path}.unfinished")
    unfinished.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    unfinished.replace(path)


def train(arguments, batches):
    model = keras_seed.seed_network()
    validation = validation_batches(arguments.validation, arguments.batch)
    start, epochs, history = time.perf_counter(), [], []

    def note(epoch, logs):
        ended = {
            "epoch": epoch + 1,
            "seconds": round(time.perf_counter() - start, 2),
            "accuracy": float(logs["accuracy"]),
            "validationAccuracy": float(logs["val_accuracy"]),
        }
        took = ended["seconds"] - (epochs[-1]["seconds"] if epochs else 0)
        epochs.append(ended)
        history.append(history_row(epoch, logs, took, batches.n, model))
        if arguments.history:
            write_history(arguments.history, history)
        print(ended, file=sys.stderr, flush=True)

    callback = keras_seed.keras.callbacks.LambdaCallback(on_epoch_end=note)
    model.fit(batches, validation_data=validation, epochs=arguments.epochs, callbacks=[callback], verbose=0)
    return {"epochs": epochs, "best": max(epochs, key=lambda epoch: epoch["validationAccuracy"])}


def main():
    arguments = read_arguments()
    keras_seed.use_threads(arguments.threads)
    keras_seed.keras.utils.set_random_seed(1)
    result = {
        "peer": "keras",
        "task": "train",
        "versions": keras_seed.versions(),
        "machine": measure.machine(arguments.threads),
        "batch": arguments.batch,
        "workers": arguments.workers,
        "data": "own folder" if arguments.data else "synthetic",
    }
    with tempfile.TemporaryDirectory() as folder:
        if not arguments.data:
            measure.synthetic_dataset(folder, max(8 * arguments.batch, 512))
        batches = training_batches(arguments.data or folder, arguments.batch, arguments.workers)
        if arguments.epochs:
            result["training"] = train(arguments, batches)
        else:
            if arguments.only != "pipeline":
                result["step"] = measure_step(arguments, batches)
            if arguments.only != "step":
                result["pipeline"] = measure_pipeline(arguments, batches)
    measure.print_result(result)


if __name__ == "__main__":
    main()
