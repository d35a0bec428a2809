"""The seed network in Keras 3 on TensorFlow, as the notebooks write it that this project replaces."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

from measure import CLASSES, IMAGE_SIZE  # noqa: E402


def versions():
    return {"keras": keras.__version__, "tensorflow": tf.__version__}


def use_threads(threads):
    """Must be called before TensorFlow computes anything."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def seed_network(learning_rate=1e-3):
    stack = [keras.Input((IMAGE_SIZE, IMAGE_SIZE, 1))]
    for filters in (64, 128, 256):
        stack += [
            layers.Conv2D(filters, (3, 3), padding="same"),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(0.25),
        ]
    stack.append(layers.Flatten())
    for units in (256, 512):
        stack += [
            layers.Dense(units),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dropout(0.25),
        ]
    stack.append(layers.Dense(len(CLASSES), activation="softmax"))
    model = keras.Sequential(stack)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
