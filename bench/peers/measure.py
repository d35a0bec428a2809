"""Shared by the peers' benchmarks: timing, a synthetic dataset, cold starts, and the one JSON object each prints.

It imports no framework, so that a cold start measures the framework's own import and nothing else.
"""

import json
import math
import os
import pathlib
import platform
import random
import resource
import statistics
import subprocess
import sys
import time

from PIL import Image

IMAGE_SIZE = 48
CLASSES = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


def training_flops_per_image():
    """2 x multiply-adds of the seed network's convolutions and dense layers forward, times 3 (the issue's counting)."""
    convolutions, size, channels = 0, IMAGE_SIZE, 1
    for filters in (64, 128, 256):
        convolutions += size * size * 9 * channels * filters
        size, channels = size // 2, filters
    dense, width = 0, size * size * channels
    for units in (256, 512, len(CLASSES)):
        dense += width * units
        width = units
    return 3 * 2 * (convolutions + dense)


def synthetic_dataset(folder, count, seed=1):
    """Writes `count` smooth random 48x48 grey JPEGs, spread over the class folders; about as large as FER2013's."""
    generator = random.Random(seed)
    for i in range(count):
        path = pathlib.Path(folder) / CLASSES[i % len(CLASSES)] / f"{i:06d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        coarse = Image.new("L", (12, 12))
        coarse.putdata([generator.randrange(256) for _ in range(12 * 12)])
        coarse.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BICUBIC).save(path, quality=90)


def image_files(folder, count):
    """The first `count` image files below `folder`, in sorted order; repeated if there are fewer."""
    files = sorted(str(p) for p in pathlib.Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
    if not files:
        raise SystemExit(f"{folder}: expected image files ({', '.join(sorted(SUFFIXES))}), found none.")
    return [files[i % len(files)] for i in range(count)]


def timings(seconds, images_per_round=1):
    """Median and spread of a list of durations, with images/s by the median."""
    ordered = sorted(seconds)
    median = statistics.median(ordered)
    return {
        "rounds": len(ordered),
        "medianMs": round(median * 1e3, 4),
        "minMs": round(ordered[0] * 1e3, 4),
        "p95Ms": round(ordered[math.ceil(0.95 * len(ordered)) - 1] * 1e3, 4),
        "maxMs": round(ordered[-1] * 1e3, 4),
        "imagesPerSecond": round(images_per_round / median, 1),
    }


def training_timings(seconds, batch, flops=training_flops_per_image()):
    """`timings`, with the effective GFLOP/s of a training step that takes `flops` an image."""
    result = timings(seconds, batch)
    return {**result, "gflops": round(result["imagesPerSecond"] * flops / 1e9, 1)}


def pipeline_timings(seconds, batch, flops=training_flops_per_image()):
    """`training_timings` by the mean: a queue makes single steps look faster or slower than the pipeline is."""
    result = training_timings(seconds, batch, flops)
    result["imagesPerSecond"] = round(batch * len(seconds) / sum(seconds), 1)
    return {**result, "gflops": round(result["imagesPerSecond"] * flops / 1e9, 1)}


def time_rounds(function, rounds, warmup):
    """Durations of `rounds` calls after `warmup` calls that aren't counted."""
    for _ in range(warmup):
        function()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return seconds


def cold_starts(script, arguments, rounds):
    """Seconds from starting a new Python process until it has printed its first prediction."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            line = process.stdout.readline()
            seconds.append(time.perf_counter() - start)
            errors = process.communicate()[1]
        if process.returncode != 0 or not line.startswith("["):
            raise SystemExit(f"{script}: expected a cold start to print probabilities, found: {line}{errors[-2000:]}")
    return seconds


def machine(threads):
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "threads": threads,
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def peak_memory_megabytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def print_result(result):
    print(json.dumps({**result, "peakMemoryMegabytes": peak_memory_megabytes()}))
