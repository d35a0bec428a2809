"""Golden values for src/image/gray.ts and src/image/resize.ts, from Pillow.

Run: python test/golden/resize/generate.py   (needs pillow, numpy)
Writes resize.json beside this file.
"""
import json
import pathlib

import numpy as np
import PIL
from PIL import Image

rng = np.random.default_rng(2)


def smooth_noise(height, width):
    y, x = np.mgrid[0:height, 0:width]
    wave = 110 + 60 * np.sin(x / 3.1) + 50 * np.cos(y / 2.3)
    return np.clip(wave + rng.normal(0, 25, (height, width)), 0, 255).astype(np.uint8)


SIZES = [((20, 16), (8, 8)), ((20, 16), (48, 40)), ((13, 31), (7, 9)), ((5, 5), (5, 11)), ((1, 1), (3, 2)), ((64, 3), (5, 3)), ((100, 100), (12, 10))]
resize = []
for (width, height), (to_width, to_height) in SIZES:
    source = smooth_noise(height, width)
    resized = Image.fromarray(source).resize((to_width, to_height), Image.BILINEAR)
    resize.append({
        "width": width, "height": height, "source": source.ravel().tolist(),
        "toWidth": to_width, "toHeight": to_height, "pixels": np.asarray(resized).ravel().tolist(),
    })

colour = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
gray = np.asarray(Image.fromarray(colour).convert("L"))
out = {
    "made_with": {"pillow": PIL.__version__, "numpy": np.__version__},
    "resize": resize,
    "gray": {"width": 9, "height": 6, "rgb": colour.ravel().tolist(), "pixels": gray.ravel().tolist()},
}
pathlib.Path(__file__).with_name("resize.json").write_text(json.dumps(out) + "\n")
