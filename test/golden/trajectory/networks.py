"""The two networks of the golden trajectories, in Keras: a plain one like the seed model, and a residual one.

Only definitions; generate.py trains them. A Keras name cannot hold a slash, so that `block.conv1` here is
`block/conv1` in the JSON files.
"""

import keras
from keras import layers

CLASSES = 3
BN_MOMENTUM = 0.9
BN_EPSILON = 1e-3


def conv(filters, size, name, stride=1, groups=1, bias=False):
    return layers.Conv2D(
        filters, size, strides=stride, padding="same", groups=groups, use_bias=bias, name=name
    )


def batch_norm(name):
    return layers.BatchNormalization(momentum=BN_MOMENTUM, epsilon=BN_EPSILON, name=name)


def plain_network():
    """Conv - BN - ReLU - max pool, twice; flatten; dense - BN - ReLU - dropout by a given mask; logits."""
    pixels = keras.Input((8, 8, 1))
    mask = keras.Input((8,))
    x = conv(4, 3, "conv1")(pixels)
    x = layers.ReLU()(batch_norm("bn1")(x))
    x = layers.MaxPooling2D(2)(x)
    x = conv(6, 3, "conv2", bias=True)(x)
    x = layers.ReLU()(batch_norm("bn2")(x))
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(8, use_bias=False, name="dense1")(x)
    x = layers.ReLU()(batch_norm("bn3")(x))
    x = layers.Multiply()([x, mask])
    return keras.Model([pixels, mask], layers.Dense(CLASSES, name="logits")(x))


def residual_network():
    """Stem; one residual block (stride 2, grouped, squeeze-excitation, 1x1 shortcut); average pool; head."""
    pixels = keras.Input((8, 8, 2))
    x = layers.ReLU()(batch_norm("stem.bn")(conv(4, 3, "stem.conv")(pixels)))
    main = conv(8, 3, "block.conv1", stride=2)(x)
    main = layers.ReLU()(batch_norm("block.bn1")(main))
    main = conv(8, 3, "block.conv2", groups=2)(main)
    main = batch_norm("block.bn2")(main)
    squeezed = layers.GlobalAveragePooling2D()(main)
    squeezed = layers.Dense(4, activation="relu", name="block.squeeze")(squeezed)
    gate = layers.Dense(8, activation="sigmoid", name="block.excite")(squeezed)
    main = layers.Multiply()([main, layers.Reshape((1, 1, 8))(gate)])
    shortcut = batch_norm("block.shortcut.bn")(conv(8, 1, "block.shortcut.conv", stride=2)(x))
    x = layers.ReLU()(layers.Add()([main, shortcut]))
    x = layers.AveragePooling2D(2)(x)
    x = layers.ReLU()(conv(6, 3, "head.conv", bias=True)(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(pixels, layers.Dense(CLASSES, name="logits")(x))


NETWORKS = {
    "trajectory": {
        "build": plain_network,
        "input": (8, 8, 1),  # H, W, C
        "mask_width": 8,
        "flattened": {"dense1": (2, 2, 6)},  # what Flatten saw: H, W, C
        "optimizers": ["adam", "sgdNesterov", "adamW", "adamClipped"],
        "layers": [
            "conv1: 3x3, 1 -> 4, stride 1, no bias",
            "bn1, relu, max pool 2x2 stride 2 -> [N, 4, 4, 4]",
            "conv2: 3x3, 4 -> 6, stride 1, bias",
            "bn2, relu, max pool 2x2 stride 2 -> [N, 6, 2, 2]",
            "flatten (C, H, W) -> [N, 24]",
            "dense1: 24 -> 8, no bias; bn3 (over N), relu; times masks[step]",
            "logits: dense 8 -> 3, bias; softmax cross-entropy with softLabels[step], mean over N",
        ],
    },
    "residual": {
        "build": residual_network,
        "input": (8, 8, 2),
        "mask_width": None,
        "flattened": {},
        "optimizers": ["adam"],
        "layers": [
            "stem/conv: 3x3, 2 -> 4, stride 1, no bias; stem/bn; relu = x [N, 4, 8, 8]",
            "block/conv1: 3x3, 4 -> 8, stride 2, no bias; block/bn1; relu -> [N, 8, 4, 4]",
            "block/conv2: 3x3, 8 -> 8, groups 2, no bias; block/bn2 = main [N, 8, 4, 4]",
            "gate: mean of main over H, W; block/squeeze: dense 8 -> 4, relu; block/excite: dense 4 -> 8, sigmoid",
            "main = main * gate[N, 8, 1, 1]",
            "shortcut: block/shortcut/conv: 1x1, 4 -> 8, stride 2, no bias, of x; block/shortcut/bn",
            "relu(main + shortcut); average pool 2x2 stride 2 -> [N, 8, 2, 2]",
            "head/conv: 3x3, 8 -> 6, stride 1, bias; relu; mean over H, W -> [N, 6]",
            "logits: dense 6 -> 3, bias; softmax cross-entropy with softLabels[step], mean over N",
        ],
    },
}
