"""Golden numbers for operators: outputs and gradients of small cases, from ONNX and TensorFlow.

Not part of the product and not run by the tests: the tests read operators.json. Run it with
`pip install -r requirements.txt` and `python generate.py`; it rewrites `operators.json` beside itself.

Three independent views have to agree before a number is written: ONNX's own reference implementation (numpy),
ONNX Runtime, and TensorFlow in float64, whose outputs and gradients are what is written. The gradients are those of
sum(output * outputGradient). ONNX has no training cross-entropy, so that "SoftmaxCrossEntropy" is TensorFlow's alone,
checked against the formula. Layout as everywhere in the project: NCHW, kernels OIHW, pads in ONNX order [top, left,
bottom, right]; inputs are short decimals, so that JSON holds exactly what was computed with.
"""

import json
import os
import pathlib
import platform

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import onnxruntime  # noqa: E402
import tensorflow as tf  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

SEED = 20240607
OPSET = 17


# ---- The operators in TensorFlow (float64, NHWC inside), with ONNX's attributes ---------------------------------


def to_nhwc(x):
    return tf.transpose(x, [0, 2, 3, 1])


def to_nchw(x):
    return tf.transpose(x, [0, 3, 1, 2])


def padded(x, pads, value):
    top, left, bottom, right = pads
    paddings = [[0, 0], [0, 0], [top, bottom], [left, right]]
    return tf.pad(x, paddings, constant_values=tf.constant(value, x.dtype))


def conv(inputs, attributes):
    x, kernel = inputs[0], inputs[1]
    x = padded(x, attributes["pads"], 0)
    groups = attributes["group"]
    # One convolution per group: TensorFlow has no gradient of grouped convolution on the CPU.
    parts = [
        tf.nn.conv2d(to_nhwc(part), tf.transpose(weights, [2, 3, 1, 0]), attributes["strides"], "VALID")
        for part, weights in zip(tf.split(x, groups, axis=1), tf.split(kernel, groups, axis=0))
    ]
    y = tf.concat(parts, axis=-1)
    return to_nchw(y if len(inputs) == 2 else y + inputs[2])


def max_pool(inputs, attributes):
    x = to_nhwc(padded(inputs[0], attributes["pads"], -np.inf))
    return to_nchw(tf.nn.max_pool2d(x, attributes["kernel_shape"], attributes["strides"], "VALID"))


def average_pool(inputs, attributes):
    def mean(x):
        return tf.nn.avg_pool2d(to_nhwc(x), attributes["kernel_shape"], attributes["strides"], "VALID")

    y = mean(padded(inputs[0], attributes["pads"], 0))
    if not attributes["count_include_pad"]:  # divide by the share of each window that isn't padding
        y = y / mean(padded(tf.ones_like(inputs[0]), attributes["pads"], 0))
    return to_nchw(y)


def global_average_pool(inputs, _):
    return tf.reduce_mean(inputs[0], axis=[2, 3], keepdims=True)


def batch_normalization(inputs, attributes):
    """Training mode: by the batch's own mean and biased variance."""
    x, gamma, beta = inputs[0], inputs[1], inputs[2]
    mean, variance = tf.nn.moments(x, [0, 2, 3], keepdims=True)
    shape = [1, -1, 1, 1]
    gamma, beta = tf.reshape(gamma, shape), tf.reshape(beta, shape)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, attributes["epsilon"])


def log_softmax(inputs, attributes):
    return tf.nn.log_softmax(inputs[0], axis=attributes["axis"])


def softmax(inputs, attributes):
    return tf.nn.softmax(inputs[0], axis=attributes["axis"])


def softmax_cross_entropy(inputs, _):
    """Mean over N of -sum(labels * log softmax(logits)); labels [N, classes] are probabilities, held constant."""
    labels = tf.stop_gradient(inputs[1])
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, inputs[0]))


OPERATORS = {
    "Conv": (conv, ["X", "W", "B"]),
    "MaxPool": (max_pool, ["X"]),
    "AveragePool": (average_pool, ["X"]),
    "GlobalAveragePool": (global_average_pool, ["X"]),
    "BatchNormalization": (batch_normalization, ["X", "scale", "B", "input_mean", "input_var"]),
    "LogSoftmax": (log_softmax, ["input"]),
    "Softmax": (softmax, ["input"]),
    "SoftmaxCrossEntropy": (softmax_cross_entropy, ["logits", "labels"]),
}
CONSTANT = {"labels", "input_mean", "input_var"}  # inputs without a gradient


# ---- The cases --------------------------------------------------------------------------------------------------


def cases(random):
    def values(*shape):
        return np.round(random.uniform(-2, 2, shape), 3)

    def distinct(*shape):
        """No two values alike, so that a maximum has one place."""
        return random.permutation(np.prod(shape)).reshape(shape) / 100 - 1

    def conv_case(name, x, kernel, strides, pads, group=1, bias=False):
        attributes = {"kernel_shape": list(kernel[2:]), "strides": strides, "pads": pads, "group": group}
        inputs = [values(*x), values(*kernel)] + ([values(kernel[0])] if bias else [])
        return name, "Conv", attributes, inputs

    def pool_case(name, op, x, kernel, strides, pads, **more):
        return name, op, {"kernel_shape": kernel, "strides": strides, "pads": pads, **more}, [distinct(*x)]

    channels = 3
    # The last row has logits that overflow when exponentiated unshifted.
    logits = np.vstack([values(3, 5), [[1000, 999.5, -1000, 0, 500]]])
    labels = np.array([[1, 0, 0, 0, 0], [0.02, 0.92, 0.02, 0.02, 0.02], [0, 0.3, 0, 0.7, 0], [0.6, 0.4, 0, 0, 0]])
    return [
        conv_case("3x3, same", [2, 2, 5, 5], [3, 2, 3, 3], [1, 1], [1, 1, 1, 1], bias=True),
        conv_case("3x3, stride 2, pads below and right only", [2, 2, 6, 6], [3, 2, 3, 3], [2, 2], [0, 0, 1, 1]),
        conv_case("3x3, stride 2, last row and column unused", [1, 2, 6, 6], [2, 2, 3, 3], [2, 2], [0, 0, 0, 0]),
        conv_case("5x3, strides 2 and 1, four different pads", [1, 2, 7, 6], [2, 2, 5, 3], [2, 1], [1, 2, 3, 0]),
        conv_case("1x1, stride 2", [2, 3, 4, 4], [2, 3, 1, 1], [2, 2], [0, 0, 0, 0]),
        conv_case("3x3, 2 groups", [2, 4, 4, 4], [6, 2, 3, 3], [1, 1], [1, 1, 1, 1], group=2, bias=True),
        conv_case("3x3, depthwise, stride 2", [1, 3, 6, 6], [3, 1, 3, 3], [2, 2], [0, 0, 1, 1], group=3),
        pool_case("2x2, stride 2", "MaxPool", [2, 2, 4, 4], [2, 2], [2, 2], [0, 0, 0, 0]),
        pool_case("2x2, stride 2, odd size", "MaxPool", [1, 2, 5, 5], [2, 2], [2, 2], [0, 0, 0, 0]),
        pool_case("3x3, stride 2, overlapping", "MaxPool", [1, 2, 7, 7], [3, 3], [2, 2], [0, 0, 0, 0]),
        pool_case("3x3, stride 2, pads", "MaxPool", [1, 2, 6, 6], [3, 3], [2, 2], [0, 0, 1, 1]),
        pool_case("2x2, stride 2", "AveragePool", [2, 2, 4, 4], [2, 2], [2, 2], [0, 0, 0, 0], count_include_pad=0),
        pool_case("3x3, stride 2, pads not counted", "AveragePool", [1, 2, 6, 6], [3, 3], [2, 2], [0, 0, 1, 1],
                  count_include_pad=0),
        pool_case("3x3, stride 2, pads counted", "AveragePool", [1, 2, 5, 5], [3, 3], [2, 2], [1, 1, 1, 1],
                  count_include_pad=1),
        ("4x3 plane", "GlobalAveragePool", {}, [values(2, 3, 4, 3)]),
        ("training", "BatchNormalization", {"epsilon": 1e-3, "momentum": 0.9, "training_mode": 1},
         [values(3, channels, 2, 2), np.array([1.2, -0.7, 0.4]), values(channels), values(channels),
          np.array([0.5, 1, 2])]),
        ("last axis, large values", "Softmax", {"axis": -1}, [logits]),
        ("last axis, large values", "LogSoftmax", {"axis": -1}, [logits]),
        ("soft labels, large values", "SoftmaxCrossEntropy", {}, [logits, labels]),
    ]  # fmt: skip


# ---- ONNX's two views -------------------------------------------------------------------------------------------


def onnx_outputs(op, attributes, inputs, rank):
    """By the reference implementation and by ONNX Runtime, in float32."""
    names = OPERATORS[op][1][: len(inputs)]
    outputs = ["Y", "running_mean", "running_var"] if op == "BatchNormalization" else ["Y"]
    node = helper.make_node(op, names, outputs, **attributes)
    graph = helper.make_graph(
        [node],
        op,
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, v.shape) for n, v in zip(names, inputs)],
        [
            helper.make_tensor_value_info(n, TensorProto.FLOAT, [None] * (rank if n == "Y" else 1))
            for n in outputs
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    feed = {n: v.astype(np.float32) for n, v in zip(names, inputs)}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return ReferenceEvaluator(model).run(None, feed), session.run(None, feed), outputs


def check(op, attributes, inputs, output):
    """Raises unless all views agree. Returns further outputs by name (the running statistics)."""
    if op == "SoftmaxCrossEntropy":
        logits, labels = inputs
        shifted = logits - logits.max(axis=1, keepdims=True)
        log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        np.testing.assert_allclose(output, -(labels * log_probabilities).sum(axis=1).mean(), rtol=1e-9)
        return {}
    reference, runtime, names = onnx_outputs(op, attributes, inputs, output.ndim)
    # The reference takes the logarithm of a softmax that underflows to 0: compared only where it is finite.
    finite = np.isfinite(reference[0])
    np.testing.assert_allclose(reference[0][finite], output[finite], rtol=1e-5, atol=1e-5, err_msg=op)
    np.testing.assert_allclose(runtime[0], output, rtol=1e-5, atol=1e-5, err_msg=op)
    for one, other in zip(reference[1:], runtime[1:]):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5, err_msg=op)
    return dict(zip(names[1:], reference[1:]))


# ---- JSON -------------------------------------------------------------------------------------------------------


def tensor(value):
    rounded = [float(f"{v:.9g}") for v in np.asarray(value, dtype="float64").ravel()]
    return {"shape": list(np.shape(value)), "data": [int(v) if v == int(v) else v for v in rounded]}


def describe(name, op, attributes, inputs, random):
    function, input_names = OPERATORS[op]
    inputs = [np.asarray(v, dtype="float64") for v in inputs]
    variables = [tf.constant(v) for v in inputs]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        output = function(variables, attributes)
        upstream = np.round(random.uniform(-1, 1, output.shape), 3) if output.shape.rank else np.float64(1)
        total = tf.reduce_sum(output * upstream)
    gradients = tape.gradient(total, variables)
    more = check(op, attributes, inputs, output.numpy())
    return {
        "name": name,
        "op": op,
        "attributes": attributes,
        "inputs": {n: tensor(v) for n, v in zip(input_names, inputs)},
        "outputs": {"Y": tensor(output), **{n: tensor(v) for n, v in more.items()}},
        "outputGradient": tensor(upstream),
        "gradients": {n: tensor(g) for n, g in zip(input_names, gradients) if n not in CONSTANT},
    }


def main():
    random = np.random.default_rng(SEED)
    described = [describe(*case, random) for case in cases(random)]
    golden = {
        "about": "Written by generate.py. NCHW, kernels OIHW; gradients of sum(Y * outputGradient).",
        "versions": {
            "onnx": onnx.__version__,
            "onnxruntime": onnxruntime.__version__,
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "opset": OPSET,
        "cases": described,
    }
    path = pathlib.Path(__file__).parent / "operators.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes, {len(described)} cases")
    for case in described:
        print(f"  {case['op']}: {case['name']} -> {case['outputs']['Y']['shape']}")


if __name__ == "__main__":
    main()
