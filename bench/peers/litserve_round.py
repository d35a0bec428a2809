"""One round of LitServe with a model of ferlab: serves it, runs the load that follows `--`, and prints what that prints.

    python litserve_round.py --model models/expression.onnx -- node dist-bench/ferlab/serve-round.js --data ... --seconds 10
"""

import argparse
import sys

import litserve
import numpy

from http_peer import BATCH, WORKERS, Recogniser, free_port, measure


class Api(litserve.LitAPI):
    """At the top, since LitServe's workers are processes that import it anew."""

    def __init__(self, model):
        super().__init__(max_batch_size=BATCH, batch_timeout=0)
        self.model = model

    def setup(self, device):
        self.recogniser = Recogniser(self.model)

    def decode_request(self, request):
        return self.recogniser.decode(request["image"])

    def batch(self, inputs):
        return numpy.stack(inputs)

    def predict(self, pixels):
        return self.recogniser.probabilities(pixels)

    def unbatch(self, output):
        return list(output)

    def encode_response(self, probabilities):
        return {"probabilities": probabilities.tolist()}


def serve(model, port):
    server = litserve.LitServer(Api(model), accelerator="cpu", workers_per_device=WORKERS)
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--limit", type=float, default=120, help="seconds for the load, its start included")
    parser.add_argument("load", nargs="*")
    options = parser.parse_args()
    if options.port is not None:
        serve(options.model, options.port)
        return
    port = free_port()
    command = [sys.executable, __file__, "--model", options.model, "--port", str(port)]
    measure(command, port, "/health", "/predict", options.load, options.limit)


if __name__ == "__main__":
    main()
