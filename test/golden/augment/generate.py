"""Golden values for src/image/augment.ts, from Keras 3.15 (TensorFlow 2.21) and SciPy.

Run: python test/golden/augment/generate.py   (needs keras, scipy)
Writes augment.json beside this file.
"""
import json
import pathlib

import keras
import numpy as np
import scipy
import scipy.ndimage
from keras.src.legacy.preprocessing import image as legacy

if not hasattr(scipy.ndimage, "interpolation"):  # SciPy 2 dropped the old name that Keras still uses
    scipy.ndimage.interpolation = scipy.ndimage

WIDTH = HEIGHT = 12  # square: for others Keras interchanges the two coordinates of the centre
rng = np.random.default_rng(1)
source = rng.integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)

CASES = [
    {},
    {"shear": 12.0},
    {"shear": -7.5},
    {"zx": 0.8, "zy": 1.1},
    {"zx": 1.2, "zy": 0.85},
    {"theta": 15.0},
    {"theta": -40.0},
    {"tx": 1.5},
    {"ty": -2.25},
    {"tx": 3.0, "ty": 2.0},
    {"shear": 9.0, "zx": 0.9, "zy": 1.15},
    {"theta": 10.0, "tx": 1.2, "ty": -0.7, "shear": 5.0, "zx": 1.1, "zy": 0.9},
    {"theta": -20.0, "tx": -2.0, "ty": 1.0, "shear": -11.0, "zx": 0.75, "zy": 1.25, "flip_horizontal": True},
    {"flip_horizontal": True},
    {"shear": 11.4, "flip_horizontal": True},
    {"brightness": 0.6},
    {"brightness": 1.7, "zx": 1.1, "zy": 1.1},
]

# row_axis=0, col_axis=1, channel_axis=2: what ImageDataGenerator passes for channels_last.
generator = legacy.ImageDataGenerator(fill_mode="nearest", interpolation_order=1, data_format="channels_last")
cases = []
for case in CASES:
    x = source[:, :, None].astype(np.float32)
    cases.append({"parameters": case, "pixels": [round(float(v), 5) for v in generator.apply_transform(x, case).ravel()]})

out = {
    "made_with": {"keras": keras.__version__, "scipy": scipy.__version__, "numpy": np.__version__},
    "width": WIDTH,
    "height": HEIGHT,
    "source": source.ravel().tolist(),
    "cases": cases,
}
pathlib.Path(__file__).with_name("augment.json").write_text(json.dumps(out) + "\n")
