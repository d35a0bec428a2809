"""One round of BentoML with a model of ferlab: serves it, runs the load that follows `--`, and prints what that prints.

    python bentoml_round.py --model models/expression.onnx -- node dist-bench/ferlab/serve-round.js --data ... --seconds 10
"""

import argparse
import os
import pathlib
import sys

import bentoml
import numpy

from http_peer import BATCH, WORKERS, Recogniser, free_port, measure

MODEL = "FERLAB_BENCH_MODEL"


@bentoml.service(workers=WORKERS, traffic={"timeout": 30})
class Faces:
    """At the top, since BentoML's workers are processes that import it anew."""

    def __init__(self):
        self.recogniser = Recogniser(os.environ[MODEL])

    @bentoml.api(batchable=True, max_batch_size=BATCH, max_latency_ms=10_000)
    def predict(self, image: list[str]) -> list[list[float]]:
        pixels = numpy.stack([self.recogniser.decode(text) for text in image])
        return self.recogniser.probabilities(pixels).tolist()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--limit", type=float, default=120, help="seconds for the load, its start included")
    parser.add_argument("load", nargs="*")
    options = parser.parse_args()
    port = free_port()
    file = pathlib.Path(__file__).resolve()
    command = [sys.executable, "-m", "bentoml", "serve", f"{file.stem}:Faces", "--working-dir", str(file.parent)]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    environment = {
        MODEL: str(pathlib.Path(options.model).resolve()),
        "BENTOML_DO_NOT_TRACK": "true",
    }
    load = [*options.load, "--form", "list"]
    measure(command, port, "/readyz", "/predict", load, options.limit, environment)


if __name__ == "__main__":
    main()
