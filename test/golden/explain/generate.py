"""Golden numbers for explanations: class activation maps and Grad-CAM of two small networks in Keras 3 (TensorFlow, CPU).

Not part of the product and not run by the tests: src/explain/golden.test.ts reads `explain.json`, which this script
writes beside itself. Run it with `pip install -r ../trajectory/requirements.txt` and `python generate.py`. The networks,
their trained weights and their images are those of ../trajectory.

- Class activation (Zhou et al. 2016): sum over channels of the last features times the class's column of the dense
  layer. For `residual` alone: it ends in global average pooling and one dense layer.
- Grad-CAM (Selvaraju et al. 2017): relu of the sum of the features weighted by their gradients. The gradients are summed over
  the places, not averaged: only then has the map the unit of the logit. The features are those after the second
  pooling of `trajectory`, and those of the head of `residual`.
- `placed`: the map enlarged to the image's 8x8 pixels, bilinearly, as tf.image.resize does without antialiasing.
"""

import json
import os
import pathlib
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "trajectory"))

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from networks import CLASSES, NETWORKS  # noqa: E402

IMAGES = 3


def array(tensor):
    return np.array(tensor["data"], np.float32).reshape(tensor["shape"])


def load_weights(model, network, stored):
    """Sets a model's weights from tensors in the engine's layout."""
    for variable in model.variables:
        layer, kind = variable.path.split("/")
        kind = {"moving_mean": "mean", "moving_variance": "variance"}.get(kind, kind)
        value = array(stored[layer.replace(".", "/") + "/" + kind])
        if value.ndim == 4:
            value = value.transpose(2, 3, 1, 0)
        if layer in network["flattened"]:
            height, width, channels = network["flattened"][layer]
            value = value.reshape(channels, height, width, -1).transpose(1, 2, 0, 3).reshape(value.shape)
        variable.assign(value)


def last_features(model, name):
    """What the layer before Flatten, or before the last global mean, gives."""
    layers = model.layers
    if name == "trajectory":
        return next(l for l in reversed(layers) if isinstance(l, keras.layers.MaxPooling2D)).output
    return [l for l in layers if isinstance(l, keras.layers.ReLU)][-1].output


def explain(name, network):
    stored = json.loads((HERE.parent / "trajectory" / f"{name}.json").read_text())
    model = network["build"]()
    load_weights(model, network, stored["trajectories"]["adam"]["final"])
    pixels = array(stored["inputs"])[0, :IMAGES].transpose(0, 2, 3, 1)
    inputs = [pixels]
    if network["mask_width"]:
        inputs.append(np.ones((IMAGES, network["mask_width"]), np.float32))
    outputs = keras.Model(model.inputs, [last_features(model, name), model.output])
    cases = []
    for expression in range(CLASSES):
        with tf.GradientTape() as tape:
            features, logits = outputs(inputs if len(inputs) > 1 else inputs[0], training=False)
            tape.watch(features)
            # The rest of the network again, from the features that are watched.
            score = tail(model, name, features, inputs)[:, expression]
        gradient = tape.gradient(score, features)
        weights = tf.reduce_sum(gradient, axis=[1, 2], keepdims=True)
        grad_cam = tf.nn.relu(tf.reduce_sum(weights * features, axis=-1))
        case = {"expression": expression, "gradient": listed(grad_cam), "gradientPlaced": placed(grad_cam)}
        if name == "residual":
            kernel = model.get_layer("logits").kernel[:, expression]
            cam = tf.tensordot(features, kernel, axes=1)
            case |= {"activation": listed(cam), "activationPlaced": placed(cam)}
        cases.append(case)
    return {"logits": listed(logits), "cases": cases}


def tail(model, name, features, inputs):
    if name == "residual":
        return model.get_layer("logits")(tf.reduce_mean(features, axis=[1, 2]))
    x = tf.reshape(features, [IMAGES, -1])
    x = model.get_layer("dense1")(x)
    x = tf.nn.relu(model.get_layer("bn3")(x, training=False))
    return model.get_layer("logits")(x * inputs[1])


def listed(values):
    return np.asarray(values, np.float64).round(7).tolist()


def placed(maps):
    return listed(tf.image.resize(maps[..., None], [8, 8], method="bilinear", antialias=False)[..., 0])


def main():
    result = {name: explain(name, network) for name, network in NETWORKS.items()}
    (HERE / "explain.json").write_text(json.dumps(result) + "\n")


main()
