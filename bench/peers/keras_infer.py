"""Inference of the seed network in Keras 3: one image, batches of 64, the network alone, and a cold start.

Prints one JSON object. `file...` is from image files to probabilities; `network...` from an array in memory. Weights
are random: speed doesn't depend on them.
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
    parser.add_argument("--threads", type=int, default=0, help="0: TensorFlow's choice")
    parser.add_argument("--data", help="folder with images below it; synthetic images without it")
    parser.add_argument("--cold", nargs=2, metavar=("MODEL", "FILE"), help="used by the cold start itself")
    return parser.parse_args()


def read_images(keras, files):
    import numpy

    size = (measure.IMAGE_SIZE, measure.IMAGE_SIZE)
    images = [
        keras.utils.img_to_array(keras.utils.load_img(f, color_mode="grayscale", target_size=size)) for f in files
    ]
    return numpy.stack(images) / 255


def predict_cold(arguments):
    """What a user's script does: import, load the model, read one image, predict, print."""
    import keras_seed

    keras_seed.use_threads(arguments.threads)
    path, file = arguments.cold
    model = keras_seed.keras.models.load_model(path)
    print(json.dumps(model.predict(read_images(keras_seed.keras, [file]), verbose=0)[0].tolist()), flush=True)


def measure_all(arguments, folder, model_path):
    import keras_seed

    keras_seed.use_threads(arguments.threads)
    keras = keras_seed.keras
    model = keras_seed.seed_network()
    model.save(model_path)
    files = measure.image_files(folder, arguments.batch)
    one, many = read_images(keras, files[:1]), read_images(keras, files)
    one_tensor, many_tensor = keras_seed.tf.constant(one), keras_seed.tf.constant(many)

    def rounds(function, images):
        return measure.timings(measure.time_rounds(function, arguments.rounds, 5), images)

    batch = arguments.batch
    return {
        "versions": keras_seed.versions(),
        "fileOne": rounds(lambda: model.predict(read_images(keras, files[:1]), verbose=0), 1),
        "fileBatch": rounds(lambda: model.predict(read_images(keras, files), verbose=0, batch_size=batch), batch),
        "networkOne": rounds(lambda: model.predict_on_batch(one_tensor), 1),
        "networkBatch": rounds(lambda: model.predict_on_batch(many_tensor), batch),
        # What predict() costs around the network: it builds a dataset for every call.
        "predictOne": rounds(lambda: model.predict(one, verbose=0), 1),
    }


def main():
    arguments = read_arguments()
    if arguments.cold:
        predict_cold(arguments)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.data or f"{scratch}/images"
        if not arguments.data:
            measure.synthetic_dataset(folder, arguments.batch)
        model_path = f"{scratch}/seed.keras"
        result = {
            "peer": "keras",
            "task": "infer",
            "machine": measure.machine(arguments.threads),
            "batch": arguments.batch,
            **measure_all(arguments, folder, model_path),
        }
        cold = ["--cold", model_path, measure.image_files(folder, 1)[0], "--threads", str(arguments.threads)]
        result["coldStart"] = measure.timings(measure.cold_starts(__file__, cold, arguments.cold_rounds))
    measure.print_result(result)


if __name__ == "__main__":
    main()
