"""Golden numbers for src/evaluate/metrics.test.ts, from scikit-learn and SciPy.

pip install scikit-learn, then: python test/golden/metrics/generate.py
Writes metrics.json beside this file. Probabilities are rounded to float32 first, as the program gets them.
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support


def calibration_error(confidence, right, bins=15):
    """Guo et al. 2017, written from the formula: sum over bins of (count / n) |accuracy - confidence|."""
    error = 0.0
    for m in range(bins):
        inside = (confidence > m / bins) & (confidence <= (m + 1) / bins)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def case(name, seed, n, classes, sharpness, missing=()):
    rng = np.random.default_rng(seed)
    allowed = [k for k in range(classes) if k not in missing]
    labels = rng.choice(allowed, size=n, p=rng.dirichlet(np.full(len(allowed), 2.0)))
    logits = rng.normal(size=(n, classes)) * sharpness
    logits[np.arange(n), labels] += sharpness * 0.8
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
    predicted = p.argmax(axis=1)
    occurring = sorted(set(labels.tolist()))
    per_class = precision_recall_fscore_support(labels, predicted, labels=range(classes), zero_division=0)
    mean = lambda kind, over: [
        float(v) for v in precision_recall_fscore_support(labels, predicted, labels=over, average=kind, zero_division=0)[:3]
    ]
    correct = int((predicted == labels).sum())
    interval = binomtest(correct, n).proportion_ci(confidence_level=0.95, method="wilson")
    exact = p.astype(np.float64)
    return {
        "name": name,
        "classes": classes,
        "labels": labels.tolist(),
        "probabilities": [float(v) for v in p.ravel()],
        "accuracy": accuracy_score(labels, predicted),
        "interval": [interval.low, interval.high],
        # Not log_loss on the rows as they are: it would divide each by its float32 sum again.
        "loss": float(-np.log(exact[np.arange(n), labels]).mean()),
        "log_loss": float(log_loss(labels, exact / exact.sum(axis=1, keepdims=True), labels=range(classes))),
        "confusion": confusion_matrix(labels, predicted, labels=range(classes)).tolist(),
        "precision": per_class[0].tolist(),
        "recall": per_class[1].tolist(),
        "f1": per_class[2].tolist(),
        "support": per_class[3].tolist(),
        "macro": mean("macro", occurring),
        "weighted": mean("weighted", range(classes)),
        "ece": float(calibration_error(exact.max(axis=1), predicted == labels)),
    }


cases = [
    case("seven classes", 1, 120, 7, 2.0),
    case("two classes, confident", 2, 60, 2, 4.0),
    case("a class that never occurs", 3, 50, 5, 1.0, missing=(3,)),
]
out = pathlib.Path(__file__).with_name("metrics.json")
out.write_text(json.dumps({"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "cases": cases}) + "\n")
