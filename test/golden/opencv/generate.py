"""Writes opencv.json: what OpenCV's dnn module answers to three images by this project's model files.

    python -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python generate.py            # from this folder, after npm run build

Every model is asked about three images, then one, then three again, without reading it anew: OpenCV prepares a network
for the number of images, and must not change it in doing so. A model whose answers depend on how many images are asked
about ends the script, and so does one that can't be read, but for deepface: OpenCV 4 takes its locally connected layers
for tensors of one image, and 5 reads it.
"""

import json
import pathlib
import subprocess
import tempfile

import cv2
import numpy as np
import onnx

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent.parent
script = root / "dist" / ".write-models.mjs"
outputs = ["logits", "probabilities"]


def form(node):
    """The operator, and whether a reduction keeps its axes."""
    kept = [f" keepdims={attribute.i}" for attribute in node.attribute if attribute.name == "keepdims"]
    return node.op_type + "".join(kept)


with tempfile.TemporaryDirectory() as folder:
    bundle = ["--bundle", "--packages=external", "--platform=node", "--format=esm", "--conditions=ferlab-source"]
    subprocess.run(["npx", "esbuild", here / "write-models.ts", *bundle, f"--outfile={script}", "--log-level=error"], cwd=root, check=True)
    subprocess.run(["node", script, folder], cwd=root, check=True)
    given = json.loads((pathlib.Path(folder) / "pixels.json").read_text())
    pixels = np.array(given["pixels"], np.float32).reshape(3, 1, 48, 48)
    models = {}
    unreadable = []
    operators = set()
    for name in given["names"]:
        path = str(pathlib.Path(folder) / f"{name}.onnx")
        network = cv2.dnn.readNetFromONNX(path)
        answers = []
        try:
            for count in (3, 1, 3):
                network.setInput(pixels[:count], "pixels")
                answers.append([np.array(values) for values in network.forward(outputs)])
        except cv2.error:
            unreadable.append(name)
            continue
        for output, first, second, third in zip(outputs, *answers):
            assert first.shape == (3, 7), (name, output, first.shape)
            difference = max(abs(first - third).max(), abs(first[:1] - second).max())
            assert difference < 1e-5 * max(1, abs(first).max()), (name, output, difference)
        models[name] = {output: [float(f"{value:.7g}") for value in values.ravel()] for output, values in zip(outputs, answers[0])}
        operators |= {form(node) for node in onnx.load(path).graph.node}

assert unreadable in ([], ["deepface"]), unreadable
result = {"opencv": cv2.__version__, "unreadable": unreadable, "operators": sorted(operators), "models": models}
(here / "opencv.json").write_text(json.dumps(result, indent=1) + "\n")
print(cv2.__version__, sorted(operators))
