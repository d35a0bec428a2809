"""Makes the small Keras files that src/interop/keras is tested with, and what Keras answers for them.

Usage: python test/golden/keras/make.py FOLDER

Under Keras 3 (jax or numpy as back end) it writes NAME.keras, and of a few NAME.v3.h5; under TensorFlow 2.15 (Keras 2)
NAME.h5, and of a few NAME.v2.keras. answers-KERAS.json holds, for each file, the images (values 0 to 255, [n, height,
width, channels], row by row) and the answers. Weights are random by fixed seeds, running statistics too, so that nothing
is neutral. Versions used: Keras 3.15.1 on jax 0.10.2; TensorFlow 2.15.1.
"""
import json
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
from keras import layers as L
from keras import models

V3 = keras.__version__.startswith("3")
CLASSES = 7


def conv_bn(x, filters, size=3, activation="relu", **more):
    x = L.Conv2D(filters, size, padding="same", use_bias=False, **more)(x)
    x = L.BatchNormalization()(x)
    return L.Activation(activation)(x) if activation else x


def mini_xception():
    """oarriaga's face_classification, mini_XCEPTION, with two modules and fewer filters."""
    inputs = L.Input((48, 48, 1))
    x = conv_bn(inputs, 4)
    x = L.Conv2D(4, 3, use_bias=False)(x)
    x = L.BatchNormalization()(x)
    x = L.Activation("relu")(x)
    for filters in (6, 8):
        residual = L.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
        residual = L.BatchNormalization()(residual)
        x = L.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
        x = L.BatchNormalization()(x)
        x = L.Activation("relu")(x)
        x = L.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
        x = L.BatchNormalization()(x)
        x = L.MaxPooling2D(3, strides=2, padding="same")(x)
        x = L.add([x, residual])
    x = L.Conv2D(CLASSES, 3, padding="same")(x)
    x = L.GlobalAveragePooling2D()(x)
    return models.Model(inputs, L.Activation("softmax", name="predictions")(x))


def simple_cnn():
    """The usual tutorial for FER2013: a Sequential, on images that aren't square."""
    return models.Sequential(
        [
            L.InputLayer((20, 28, 1)),
            L.Conv2D(5, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Dropout(0.25),
            L.Conv2D(6, (3, 5), activation="relu", padding="same"),
            L.MaxPooling2D((2, 3)),
            L.Flatten(),
            L.BatchNormalization(),
            L.Dense(12, activation="relu"),
            L.Dropout(0.5),
            L.Dense(CLASSES, activation="softmax"),
        ]
    )


def vgg_like():
    """VGG in small: blocks of two convolutions, ELU, two dense layers; stated to take values from 0 to 1."""
    model = [L.InputLayer((32, 32, 1)), L.Rescaling(1 / 255)]
    for filters in (4, 6, 8):
        for _ in range(2):
            model += [L.Conv2D(filters, 3, padding="same"), L.BatchNormalization(), L.Activation("elu")]
        model += [L.MaxPooling2D(), L.SpatialDropout2D(0.1)]
    model += [L.Flatten(), L.Dense(16), L.LeakyReLU(), L.Dense(16, activation="tanh"), L.Dense(CLASSES), L.Softmax()]
    return models.Sequential(model)


def squeeze():
    """Squeeze and excitation, in both ways that people write it, and Concatenate."""
    inputs = L.Input((24, 30, 1))
    x = L.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = conv_bn(x, 6, activation="swish")
    gate = L.GlobalAveragePooling2D()(x)
    gate = L.Reshape((1, 1, 6))(gate)
    gate = L.Conv2D(3, 1, activation="relu")(gate)
    gate = L.Conv2D(6, 1, activation="sigmoid")(gate)
    x = L.Multiply()([x, gate])
    left = L.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
    right = L.AveragePooling2D(3, strides=2, padding="same")(x)
    x = L.Concatenate()([left, right])
    gate = L.Dense(10, activation="hard_sigmoid")(L.GlobalMaxPooling2D(keepdims=True)(x))
    x = L.multiply([x, gate])
    x = L.Concatenate()([L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(x)])
    return models.Model(inputs, L.Dense(CLASSES, activation="softmax")(x))


def mobile():
    """MobileNet's blocks, in colour: depthwise convolutions, padding of one's own, ReLU6."""
    inputs = L.Input((33, 33, 3))
    x = L.Rescaling(1 / 255)(inputs)
    x = L.ZeroPadding2D(((0, 1), (0, 1)))(x)
    x = L.Conv2D(6, 3, strides=2, use_bias=False)(x)
    x = L.ReLU(6.0)(L.BatchNormalization()(x))
    for filters, strides in ((8, 1), (10, 2)):
        x = L.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False, depth_multiplier=strides)(x)
        x = L.ReLU(6.0)(L.BatchNormalization(epsilon=1e-4)(x))
        x = L.Conv2D(filters, 1, use_bias=False)(x)
        x = L.BatchNormalization(scale=False)(x)
    x = L.GlobalAveragePooling2D()(x)
    return models.Model(inputs, L.Dense(CLASSES, activation="softmax")(L.Dropout(0.2)(x)))


def resnet():
    """A small ResNet with stride 2, odd sizes and ZeroPadding2D."""
    inputs = L.Input((31, 31, 1))
    x = L.Normalization(mean=[129.0], variance=[4225.0])(inputs)
    x = L.ZeroPadding2D(2)(x)
    x = conv_bn(x, 4, 5, strides=2)
    for filters, strides in ((4, 1), (8, 2)):
        shortcut = x if strides == 1 else conv_bn(x, filters, 1, None, strides=strides)
        y = conv_bn(x, filters, strides=strides)
        y = conv_bn(y, filters, activation=None)
        x = L.Activation("relu")(L.Add()([y, shortcut]))
    x = L.Cropping2D(((1, 0), (0, 1)))(x)
    x = L.Flatten()(x)
    return models.Model(inputs, L.Dense(CLASSES, activation="softmax")(x))


def nested():
    """A network as a layer of another, as for transfer learning; its own Sequential for augmentation."""
    inner_in = L.Input((26, 26, 1))
    x = L.Conv2D(4, 3, activation="selu", name="shared_name")(inner_in)
    x = L.BatchNormalization(name="bn")(x)
    x = L.Conv2D(5, 3, strides=2, activation="relu", dilation_rate=1)(x)
    inner = models.Model(inner_in, x, name="backbone")
    inputs = L.Input((26, 26, 1))
    x = L.Rescaling(1 / 255)(inputs)
    x = models.Sequential([L.RandomFlip("horizontal"), L.RandomRotation(0.1)], name="augmentation")(x)
    x = inner(x)
    x = L.GlobalAveragePooling2D()(x)
    head = models.Sequential([L.Dense(9, activation="relu"), L.Dropout(0.3), L.Dense(CLASSES)], name="head")
    return models.Model(inputs, L.Softmax()(head(x)))


def dilated():
    """Groups, dilation, PReLU, unequal strides, Permute and Reshape."""
    inputs = L.Input((27, 22, 1))
    x = L.Rescaling(1 / 255)(inputs)
    x = L.Conv2D(6, 3, dilation_rate=2)(x)
    x = L.PReLU(shared_axes=[1, 2])(x)
    x = L.SeparableConv2D(8, 3, strides=2, depth_multiplier=2, padding="same", activation="softplus")(x)
    x = L.Conv2D(8, (3, 2), strides=(2, 1), groups=2, activation="gelu")(x)
    x = L.Permute((2, 1, 3))(x)
    x = L.Reshape((-1,))(x)
    x = L.Dense(12, activation="softsign", use_bias=False)(x)
    return models.Model(inputs, L.Dense(CLASSES, activation="softmax")(x))


def inception():
    """Branches of several kernels, Average and Maximum, upsampling."""
    inputs = L.Input((28, 28, 1))
    x = L.BatchNormalization()(inputs)
    x = L.Conv2D(6, 5, strides=2, padding="same", activation="relu")(x)
    a = L.Conv2D(4, 1, activation="relu")(x)
    b = L.Conv2D(4, (1, 7), padding="same")(x)
    b = L.Conv2D(4, (7, 1), padding="same", activation="relu")(b)
    c = L.UpSampling2D(2)(L.MaxPooling2D(2)(x))
    c = L.Conv2D(4, 1)(c)
    x = L.Concatenate(axis=3)([a, b, c, L.Maximum()([a, b]), L.Average()([b, c]), L.Subtract()([a, c])])
    x = L.GaussianNoise(0.1)(x)
    x = L.AveragePooling2D(2)(x)
    x = L.Flatten()(x)
    return models.Model(inputs, L.Dense(CLASSES, activation="softmax")(x))


def standardised():
    """Every image standardized, as ferlab's own networks, and logits without a softmax."""
    model = [L.InputLayer((16, 20, 1)), L.LayerNormalization(axis=[1, 2, 3], epsilon=1e-3, center=False, scale=False)]
    model += [L.Conv2D(6, 3, activation="mish" if V3 else "relu"), L.GlobalMaxPooling2D(), L.Dense(CLASSES)]
    return models.Sequential(model)


ALL = [mini_xception, simple_cnn, vgg_like, squeeze, mobile, resnet, nested, dilated, inception, standardised]
# Files of the other form of each version.
ALSO = {"mini_xception", "nested", "simple_cnn"}


def randomise(model, rng):
    weights = []
    for variable, value in zip(model.weights, model.get_weights()):
        name = getattr(variable, "path", variable.name)
        if not np.issubdtype(value.dtype, np.floating):
            weights.append(value)
        elif "variance" in name:
            weights.append(rng.uniform(0.5, 2, value.shape) * (4000 if value.shape == (1,) else 1))
        elif "mean" in name or "beta" in name or "bias" in name:
            weights.append(rng.normal(0, 0.3, value.shape))
        elif "gamma" in name:
            weights.append(rng.uniform(0.5, 1.5, value.shape))
        else:
            fan = max(1, int(np.prod(value.shape[:-1])))
            weights.append(rng.normal(0, 1.4 / np.sqrt(fan), value.shape))
    model.set_weights([w.astype("float32") if np.issubdtype(np.asarray(w).dtype, np.floating) else w for w in weights])


def main(folder):
    os.makedirs(folder, exist_ok=True)
    answers = {}
    for number, build in enumerate(ALL):
        keras.backend.clear_session()
        name = build.__name__
        rng = np.random.default_rng(100 + number)
        model = build()
        if name != "resnet":
            randomise(model, rng)
        else:
            weights = [w + rng.normal(0, 0.1, w.shape) if w.dtype.kind == "f" and w.size > 1 else w for w in model.get_weights()]
            model.set_weights([np.abs(w) if "variance" in getattr(v, "path", v.name) else w for v, w in zip(model.weights, weights)])
        height, width, channels = model.input_shape[1:]
        grey = rng.integers(0, 256, (2, height, width, 1))
        pixels = np.repeat(grey, channels, axis=3).astype("float32")
        # Files without a Rescaling layer were trained on values from 0 to 1.
        scaled = name in ("mini_xception", "simple_cnn")
        output = np.asarray(model(pixels / 255 if scaled else pixels, training=False))
        if name == "standardised":
            output = np.exp(output - output.max(1, keepdims=True))
            output /= output.sum(1, keepdims=True)
        files = [f"{name}.keras"] if V3 else [f"{name}.h5"]
        if name in ALSO:
            files.append(f"{name}.v3.h5" if V3 else f"{name}.v2.keras")
        for file in files:
            model.save(os.path.join(folder, file))
            answers[file] = {
                "size": [int(width), int(height)],
                "scale": "1/255" if scaled else None,
                "pixels": grey.reshape(2, -1).tolist(),
                "probabilities": [[round(float(p), 7) for p in row] for row in output],
            }
    version = "3" if V3 else "2"
    with open(os.path.join(folder, f"answers-{version}.json"), "w") as file:
        json.dump({"keras": keras.__version__, "files": answers}, file)


main(sys.argv[1])
