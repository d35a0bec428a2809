"""One round of LitServe with a model of ferlab: serves it, runs the load that follows `--`, and prints what that prints.

    python litserve_round.py --model models/expression.onnx -- node dist-bench/ferlab/serve-round.js --data ... --seconds 10
"""

import argparse
import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import litserve
import numpy
import onnxruntime
from PIL import Image

BATCH = 16
WORKERS = 2


class Api(litserve.LitAPI):
    """At the top, since LitServe's workers are processes that import it anew."""

    def __init__(self, model):
        super().__init__(max_batch_size=BATCH, batch_timeout=0)
        self.model = model

    def setup(self, device):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])
        self.size = tuple(self.session.get_inputs()[0].shape[3:1:-1])

    def decode_request(self, request):
        image = Image.open(io.BytesIO(base64.b64decode(request["image"]))).convert("L").resize(self.size)
        return numpy.asarray(image, dtype=numpy.float32)[None]

    def batch(self, inputs):
        return numpy.stack(inputs)

    def predict(self, pixels):
        return self.session.run(["probabilities"], {"pixels": pixels})[0]

    def unbatch(self, output):
        return list(output)

    def encode_response(self, probabilities):
        return {"probabilities": probabilities.tolist()}


def serve(model, port):
    server = litserve.LitServer(Api(model), accelerator="cpu", workers_per_device=WORKERS)
    server.run(host="127.0.0.1", port=port, generate_client_file=False, log_level="warning")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, server):
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit(f"LitServe ended with {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("LitServe didn't start within a minute")


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
    # A session of its own: LitServe's workers and its manager outlive a parent that is killed.
    server = subprocess.Popen(
        [sys.executable, __file__, "--model", options.model, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        load = subprocess.run(
            [*options.load, "--url", f"http://127.0.0.1:{port}/predict"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=options.limit,
        )
        print(json.dumps(json.loads(load.stdout.strip().splitlines()[-1])))
    except subprocess.TimeoutExpired:
        raise SystemExit(f"the load had no end within {options.limit:g} s")
    finally:
        end(server)


def end(server):
    """Ends the server and all that it started, at the latest after ten seconds."""
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(server.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    server.wait()


if __name__ == "__main__":
    main()
