"""Compares what Keras answers for exported files with what ferlab does.

Usage: python test/golden/keras/check.py MODEL.keras ANSWERS.json ...

ANSWERS.json holds {"size": [width, height], "pixels": [[...]], "probabilities": [[...]]}, as in make.py.
"""
import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras
import numpy as np

for file, answers in zip(sys.argv[1::2], sys.argv[2::2]):
    with open(answers) as source:
        said = json.load(source)
    width, height = said["size"]
    pixels = np.array(said["pixels"], "float32").reshape(-1, height, width, 1)
    found = np.asarray(keras.models.load_model(file)(pixels, training=False))
    difference = np.abs(found - np.array(said["probabilities"])).max()
    print(f"{file}: Keras {keras.__version__}, largest difference {difference:.2g}")
    if difference > 1e-5:
        sys.exit(1)
