"""Does Python's ONNX Runtime give the probabilities that `ferlab predict --json` gave?

    ferlab predict best.onnx images --json > predictions.json
    python check_onnx.py best.onnx images predictions.json

Uses nothing of ferlab: the model's input `pixels` float32 [N, 1, H, W] takes raw grey values 0 to 255, and images are
read, turned by EXIF, made grey and resized (bilinear, antialiased) by Pillow. Prints one JSON object; exit status 1
if a probability differs by more than the tolerance, or a file's expression isn't the most probable class. Images that
aren't of the model's size may differ by rounding in the resizing: see --tolerance.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("folder", help="folder of the images")
    parser.add_argument("predictions", help="output of `ferlab predict --json`")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=64)
    return parser.parse_args()


def class_names(session):
    """The model's class names in the order of its outputs: metadata entry `classes`, a JSON list."""
    metadata = session.get_modelmeta().custom_metadata_map
    for key, text in metadata.items():
        if key == "classes" or key.endswith(".classes"):
            return json.loads(text)
    raise SystemExit(f"expected a metadata entry `classes` in the model, found {sorted(metadata)}.")


def locate(folder, file):
    """Where a file of the predictions lies: as written, below the folder, or there by its name alone."""
    for path in (pathlib.Path(file), folder / file):
        if path.is_file():
            return path
    found = list(folder.rglob(pathlib.Path(file).name))
    if len(found) != 1:
        raise SystemExit(f"{file}: expected one file of this name below {folder}, found {len(found)}.")
    return found[0]


def read_pixels(path, height, width):
    """[1, H, W], raw grey values."""
    with Image.open(path) as image:
        grey = ImageOps.exif_transpose(image).convert("L")
    if grey.size != (width, height):
        grey = grey.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(grey, dtype=np.float32)[None]


def listed(probabilities, classes):
    """Probabilities in the model's order of classes, from an object by class name or from a list."""
    if isinstance(probabilities, dict):
        return [probabilities[name] for name in classes]
    if probabilities and isinstance(probabilities[0], dict):  # ranked: [{expression, probability}, ...]
        by_name = {entry["expression"]: entry["probability"] for entry in probabilities}
        return [by_name[name] for name in classes]
    return probabilities


def run(session, folder, files, batch):
    _, _, height, width = session.get_inputs()[0].shape
    outputs = []
    for start in range(0, len(files), batch):
        pixels = np.stack([read_pixels(locate(folder, f), height, width) for f in files[start : start + batch]])
        outputs.append(session.run(["probabilities"], {"pixels": pixels})[0])
    return np.concatenate(outputs)


def main():
    arguments = read_arguments()
    session = onnxruntime.InferenceSession(arguments.model, providers=["CPUExecutionProvider"])
    classes = class_names(session)
    entries = json.loads(pathlib.Path(arguments.predictions).read_text(encoding="utf-8"))
    predicted = [entry for entry in entries if "error" not in entry]
    if not predicted:
        raise SystemExit(f"{arguments.predictions}: expected at least one prediction, found none.")
    files = [entry["file"] for entry in predicted]
    ours = run(session, pathlib.Path(arguments.folder), files, arguments.batch)
    theirs = np.array([listed(entry["probabilities"], classes) for entry in predicted], dtype=np.float64)
    if ours.shape != theirs.shape:
        raise SystemExit(f"expected probabilities of shape {list(ours.shape)}, found {list(theirs.shape)}.")
    differences = np.abs(ours - theirs).max(axis=1)
    # Two classes within the tolerance may change places.
    chosen = theirs[range(len(files)), [classes.index(entry["expression"]) for entry in predicted]]
    mistaken = [f for f, p, row in zip(files, chosen, ours) if p < row.max() - 2 * arguments.tolerance]
    passed = bool(differences.max() <= arguments.tolerance and not mistaken)
    worst = int(differences.argmax())
    print(
        json.dumps(
            {
                "onnxruntime": onnxruntime.__version__,
                "images": len(files),
                "filesWithError": len(entries) - len(predicted),
                "maxAbsoluteDifference": float(differences[worst]),
                "worstFile": files[worst],
                "wrongExpression": mistaken,
                "tolerance": arguments.tolerance,
                "passed": passed,
            }
        )
    )
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
