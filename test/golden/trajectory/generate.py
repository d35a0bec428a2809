"""Golden numbers for the training step: ten steps of two small networks in Keras 3 (TensorFlow, CPU).

Not part of the product and not run by the tests: the tests read the JSON files that this script writes.
Run it with `pip install -r requirements.txt` and `python generate.py`; it rewrites `trajectory.json` and
`residual.json` beside itself. README.md describes the files.

What Keras 3 really does, read from its source and relied on here:
- BatchNormalization normalises by the *biased* batch variance (divisor n), and also feeds that biased variance
  into the running variance: running = momentum * running + (1 - momentum) * batch. (PyTorch feeds the unbiased
  one, divisor n - 1, and its `momentum` is 1 - Keras's.)
- Adam: alpha = lr * sqrt(1 - beta2^t) / (1 - beta1^t); p -= alpha * m / (sqrt(v) + epsilon). The epsilon is thus
  added to the square root of the *uncorrected* v ("epsilon hat" in the paper), unlike PyTorch's.
- SGD, Nesterov: m = momentum * m - lr * g; p += momentum * m - lr * g.
- AdamW: p -= lr * weight_decay * p, before the Adam step, for every trainable variable that isn't excluded,
  hence also for biases, gammas and betas.
- global_clipnorm: g *= clip / max(norm, clip), with norm taken over all gradients together.
- Label smoothing: y * (1 - s) + s / classes.
- padding="same" with stride 2 pads less (possibly nothing) at the top and left than at the bottom and right.
"""

import json
import math
import os
import pathlib
import platform

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

from networks import BN_EPSILON, BN_MOMENTUM, CLASSES, NETWORKS  # noqa: E402

SEED = 20240607
STEPS = 10
BATCH = 8
SMOOTHING = 0.1
DROPOUT_RATE = 0.25

# Each optimizer starts from the same weights and sees the same batches.
OPTIMIZERS = {
    "adam": {"type": "adam", "learningRate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7},
    "sgdNesterov": {"type": "sgd", "learningRate": 0.05, "momentum": 0.9, "nesterov": True},
    "adamW": {
        "type": "adamw",
        "learningRate": 0.01,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-7,
        "weightDecay": 0.01,
    },
    "adamClipped": {
        "type": "adam",
        "learningRate": 0.01,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-7,
        "globalClipNorm": 0.5,
    },
}


def make_optimizer(options):
    kind = options["type"]
    clip = options.get("globalClipNorm")
    if kind == "sgd":
        return keras.optimizers.SGD(
            options["learningRate"], momentum=options["momentum"], nesterov=options["nesterov"]
        )
    common = dict(
        learning_rate=options["learningRate"],
        beta_1=options["beta1"],
        beta_2=options["beta2"],
        epsilon=options["epsilon"],
        global_clipnorm=clip,
    )
    if kind == "adamw":
        return keras.optimizers.AdamW(weight_decay=options["weightDecay"], **common)
    return keras.optimizers.Adam(**common)


# ---- Data and initial weights: short decimals, so that JSON holds exactly what Keras was given -------------------


def make_data(network, random):
    height, width, channels = network["input"]
    classes = random.integers(0, CLASSES, (STEPS, BATCH))
    classes[:, :CLASSES] = np.arange(CLASSES)  # every class is in every batch
    patterns = random.uniform(0, 1, (CLASSES, height, width, channels))
    noise = random.uniform(0, 1, (STEPS, BATCH, height, width, channels))
    inputs = np.round(0.45 * patterns[classes] + 0.55 * noise, 4)
    labels = np.eye(CLASSES)[classes]
    # From the sixth step on, labels are mixed between two images, as mixup makes them.
    share = np.round(random.uniform(0.5, 1, (STEPS, BATCH, 1)), 2)
    share[: STEPS // 2] = 1
    labels = share * labels + (1 - share) * labels[:, ::-1]
    masks = None
    if network["mask_width"]:
        kept = random.uniform(0, 1, (STEPS, BATCH, network["mask_width"])) >= DROPOUT_RATE
        masks = kept / (1 - DROPOUT_RATE)
    return inputs, labels, masks


def initial_weights(model, random):
    """Values by variable path, with some negative gammas, and statistics that aren't those of a fresh layer."""
    values = {}
    for variable in model.weights:
        kind, shape = variable.path.split("/")[-1], tuple(variable.shape)
        if kind == "kernel":
            limit = math.sqrt(6 / np.prod(shape[:-1]))  # He uniform
            value = random.uniform(-limit, limit, shape)
        elif kind == "gamma":
            value = random.uniform(0.5, 1.5, shape) * np.where(np.arange(shape[0]) % 3 == 1, -1, 1)
        elif kind == "moving_variance":
            value = random.uniform(0.5, 1.5, shape)
        else:  # bias, beta, moving_mean
            value = random.uniform(-0.3, 0.3, shape)
        values[variable.path] = np.round(value, 5)
    return values


# ---- Our layout: NCHW, kernels OIHW, flattening in C, H, W order ------------------------------------------------


def our_name(path):
    return path.replace(".", "/").replace("moving_mean", "mean").replace("moving_variance", "variance")


def our_layout(path, value, network):
    layer, kind = path.rsplit("/", 1)
    if kind == "kernel" and value.ndim == 4:
        return value.transpose(3, 2, 0, 1)  # HWIO -> OIHW (I is input channels / groups)
    if kind == "kernel" and layer in network["flattened"]:
        height, width, channels = network["flattened"][layer]
        return value.reshape(height, width, channels, -1).transpose(2, 0, 1, 3).reshape(value.shape)
    return value


def same_pads(size, kernel, stride):
    """Pads that "same" adds: ONNX order [top, left, bottom, right], for a square input."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return [total // 2, total // 2, total - total // 2, total - total // 2]


def convolution_options(model):
    options = {}
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            size, kernel, stride = layer.input.shape[1], layer.kernel_size[0], layer.strides[0]
            pads = same_pads(size, kernel, stride)
            options[our_name(layer.name)] = {
                "kernelShape": [kernel, kernel],
                "strides": [stride, stride],
                "pads": pads,
                "groups": layer.groups,
                "bias": layer.use_bias,
            }
            check_pads(layer, size, pads)
    return options


def check_pads(layer, size, pads):
    """Fails unless a "valid" convolution of the explicitly padded image gives what the layer gives."""
    top, left, bottom, right = pads
    image = np.random.default_rng(0).uniform(0, 1, (1, size, size, layer.input.shape[-1]))
    padded = np.pad(image, ((0, 0), (top, bottom), (left, right), (0, 0)))
    explicit = keras.ops.conv(padded.astype("float32"), layer.kernel, strides=layer.strides, padding="valid")
    if layer.use_bias:
        explicit = explicit + layer.bias
    np.testing.assert_allclose(explicit, layer(image.astype("float32")), atol=1e-5)


# ---- The trajectory ---------------------------------------------------------------------------------------------


def train(network, options, start, data, dtype):
    """Ten steps; losses (training mode, before the update), gradients of step 1, weights after step 10."""
    keras.config.set_floatx(dtype)
    keras.backend.clear_session()
    model = network["build"]()
    for variable in model.weights:
        variable.assign(start[variable.path])
    optimizer = make_optimizer(options)
    # The network ends in logits: softmax and loss in one, without the clipping of probabilities at 1e-7.
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    inputs, labels, masks = data
    losses, norms, first_gradients = [], [], {}
    for step in range(STEPS):
        feed = [inputs[step].astype(dtype)] + ([] if masks is None else [masks[step].astype(dtype)])
        with tf.GradientTape() as tape:
            logits = model(feed if masks is not None else feed[0], training=True)
            loss = loss_of(labels[step].astype(dtype), logits)
        gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
        if step == 0:
            first_gradients = {v.path: g.numpy() for v, g in zip(model.trainable_variables, gradients)}
        losses.append(float(loss))
        norms.append(float(tf.linalg.global_norm(gradients)))
        optimizer.apply(gradients, model.trainable_variables)
    feed = [inputs[0].astype(dtype)] + ([] if masks is None else [np.ones_like(masks[0]).astype(dtype)])
    logits = model(feed if masks is not None else feed[0], training=False)
    decays = options.get("weightDecay") is not None
    return {
        "losses": losses,
        "gradientNorms": norms,
        "firstGradients": first_gradients,
        "decayed": [v.path for v in model.trainable_variables if decays and optimizer._use_weight_decay(v)],
        "final": {v.path: v.numpy() for v in model.weights},
        "inference": keras.ops.softmax(logits).numpy(),
    }


def deviations(run, exact, names):
    return {our_name(n): float(f"{np.abs(run[n] - exact[n]).max():.2g}") for n in names}


def describe_run(name, network, start, data):
    options = OPTIMIZERS[name]
    run = train(network, options, start, data, "float32")
    exact = train(network, options, start, data, "float64")
    deviation = deviations(run["final"], exact["final"], start)
    loss_deviation = max(abs(a - b) for a, b in zip(run["losses"], exact["losses"]))
    return {
        "optimizer": options,
        "decayed": [our_name(path) for path in run["decayed"]],
        "losses": numbers(run["losses"]),
        "gradientNorms": numbers(run["gradientNorms"]),
        "firstGradients": {
            our_name(p): tensor(our_layout(p, v, network)) for p, v in run["firstGradients"].items()
        },
        "final": {our_name(p): tensor(our_layout(p, v, network)) for p, v in run["final"].items()},
        "inferenceProbabilities": tensor(run["inference"]),
        # How far Keras in float32 is from Keras in float64: what no tolerance should be tighter than.
        "float32Deviation": {
            "losses": float(f"{loss_deviation:.2g}"),
            "inferenceProbabilities": float(f"{np.abs(run['inference'] - exact['inference']).max():.2g}"),
            "final": deviation,
        },
        # Weights that rounding alone moves visibly: a bias before a batch-norm has a gradient of exactly zero, which
        # is rounding noise in floating point, and Adam scales noise up to steps of the learning rate's order. The
        # running mean behind it follows. Nothing else depends on them.
        "noisy": [path for path, value in deviation.items() if value > 5e-5],
    }


# ---- JSON -------------------------------------------------------------------------------------------------------


def numbers(values):
    """Nine significant digits: enough to hold any float32 exactly."""
    rounded = [float(f"{v:.9g}") for v in np.asarray(values, dtype="float64").ravel()]
    return [int(v) if v == int(v) else v for v in rounded]


def tensor(value):
    return {"shape": list(np.shape(value)), "data": numbers(value)}


def generate(name):
    network = NETWORKS[name]
    random = np.random.default_rng(SEED)
    data = make_data(network, random)
    inputs, labels, masks = data
    keras.config.set_floatx("float32")
    keras.backend.clear_session()
    model = network["build"]()
    start = initial_weights(model, random)
    golden = {
        "about": "Written by generate.py; see README.md. Layout: NCHW, kernels OIHW, dense [in, out].",
        "versions": {
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "seed": SEED,
        "steps": STEPS,
        "batchSize": BATCH,
        "layers": network["layers"],
        "batchNorm": {"momentum": BN_MOMENTUM, "epsilon": BN_EPSILON, "runningVariance": "biased"},
        "labelSmoothing": SMOOTHING,
        "dropoutRate": DROPOUT_RATE if masks is not None else 0,
        "convolutions": convolution_options(model),
        "inputs": tensor(inputs.transpose(0, 1, 4, 2, 3)),
        "labels": tensor(labels),
        "softLabels": tensor(labels * (1 - SMOOTHING) + SMOOTHING / CLASSES),
        **({"masks": tensor(masks)} if masks is not None else {}),
        "initial": {our_name(p): tensor(our_layout(p, v, network)) for p, v in start.items()},
        "trajectories": {
            optimizer: describe_run(optimizer, network, start, data) for optimizer in network["optimizers"]
        },
    }
    path = pathlib.Path(__file__).parent / f"{name}.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    report(path, golden)


def report(path, golden):
    print(f"{path.name}: {path.stat().st_size} bytes")
    for name, run in golden["trajectories"].items():
        print(f"  {name}: losses {run['losses'][0]} -> {run['losses'][-1]}")
        print(f"    gradient norms {min(run['gradientNorms'])} .. {max(run['gradientNorms'])}")
        deviation = run["float32Deviation"]
        print(f"    float32 against float64: losses {deviation['losses']}, inference "
              f"{deviation['inferenceProbabilities']}, worst "
              f"{sorted(deviation['final'].items(), key=lambda item: -item[1])[:5]}; noisy {run['noisy']}")


if __name__ == "__main__":
    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    for network_name in NETWORKS:
        generate(network_name)
