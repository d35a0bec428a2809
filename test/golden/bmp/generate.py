"""Writes small BMP files of every form and the grey values that Pillow reads from them: bmp.json.

    python3 -m venv venv && venv/bin/pip install pillow==13.0.0 && venv/bin/python generate.py
"""
import base64
import io
import json
import os
import random
import struct

import PIL
from PIL import Image

draw = random.Random(7)


def bmp(width, height, bits, rows, *, palette=b"", compression=0, header=40, masks=b"", gap=0, used=0):
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(rows), 2835, 2835, used, 0)
        if header > 40:
            info += (masks + bytes(header))[: header - 40]
            masks = b""
    start = 14 + len(info) + len(masks) + len(palette) + gap
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + info + masks + palette + bytes(gap) + rows


def padded(row):
    return row + bytes(-len(row) % 4)


def random_rows(width, height, bits):
    return b"".join(padded(draw.randbytes((width * bits + 7) // 8)) for _ in range(abs(height)))


def colours(count, size=4):
    return b"".join(draw.randbytes(3) + bytes(size - 3) for _ in range(count))


files = {
    "1 bit": bmp(11, 5, 1, random_rows(11, 5, 1), palette=colours(2)),
    "4 bits": bmp(7, 4, 4, random_rows(7, 4, 4), palette=colours(16)),
    "8 bits": bmp(5, 6, 8, random_rows(5, 6, 8), palette=colours(256)),
    "8 bits, grey": bmp(5, 6, 8, random_rows(5, 6, 8), palette=b"".join(bytes([i, i, i, 0]) for i in range(256))),
    "8 bits, short palette": bmp(4, 2, 8, bytes([0, 1, 2, 1, 2, 2, 0, 0]), palette=colours(3), used=3),
    "16 bits": bmp(5, 3, 16, random_rows(5, 3, 16)),
    "16 bits, 5-6-5": bmp(5, 3, 16, random_rows(5, 3, 16), compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)),
    "24 bits": bmp(5, 3, 24, random_rows(5, 3, 24)),
    "24 bits, top-down": bmp(5, -3, 24, random_rows(5, 3, 24)),
    "24 bits, pixels further on": bmp(3, 3, 24, random_rows(3, 3, 24), gap=10),
    "32 bits": bmp(3, 4, 32, random_rows(3, 4, 32)),
    "32 bits, fields": bmp(3, 4, 32, random_rows(3, 4, 32), compression=3, masks=struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00)),
    "32 bits, V5 with alpha": bmp(
        3, 4, 32, random_rows(3, 4, 32), compression=3, header=124,
        masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000),
    ),
    "24 bits, OS/2": bmp(5, 3, 24, random_rows(5, 3, 24), header=12),
    "8 bits, OS/2": bmp(5, 3, 8, random_rows(5, 3, 8), header=12, palette=colours(256, 3)),
    # a run, end of row, literal values with filling, a move
    "8 bits, run lengths": bmp(
        6, 4, 8, bytes([4, 9, 2, 200, 0, 0, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0, 0, 2, 2, 1, 3, 7, 0, 0, 0, 1]),
        palette=colours(256), compression=1,
    ),
    "4 bits, run lengths": bmp(
        7, 3, 4, bytes([5, 0x3C, 2, 0xF0, 0, 0, 0, 5, 0x12, 0x34, 0x50, 0, 0, 0, 7, 0x9A, 0, 0, 0, 1]),
        palette=colours(16), compression=2,
    ),
}

golden = {"pillow": PIL.__version__, "files": []}
for name, content in files.items():
    image = Image.open(io.BytesIO(content)).convert("L")
    golden["files"].append({
        "name": name,
        "bmp": base64.b64encode(content).decode(),
        "width": image.width,
        "height": image.height,
        "grey": list(image.tobytes()),
    })
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "bmp.json"), "w") as file:
    file.write("{\n" + f' "pillow": "{golden["pillow"]}",\n "files": [\n  ')
    file.write(",\n  ".join(json.dumps(entry) for entry in golden["files"]) + "\n ]\n}\n")
