"""What rounds of HTTP services share: reading a picture, and serving in a process of its own while a load runs."""

import base64
import io
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request

import numpy
import onnxruntime
from PIL import Image

BATCH = 16
WORKERS = 2

READY_SECONDS = 90


class Recogniser:
    """ferlab's model file in ONNX Runtime, one thread."""

    def __init__(self, model):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.size = tuple(self.session.get_inputs()[0].shape[3:1:-1])

    def decode(self, text):
        image = Image.open(io.BytesIO(base64.b64decode(text))).convert("L").resize(self.size)
        return numpy.asarray(image, dtype=numpy.float32)[None]

    def probabilities(self, pixels):
        return self.session.run(["probabilities"], {"pixels": pixels})[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, server):
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise SystemExit(f"the service ended with {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"the service didn't start within {READY_SECONDS} s")


def end(server):
    """Ends the service and all that it started, after ten seconds at the latest."""
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


def measure(command, port, ready, path, load, limit, environment=None):
    """Starts the service, runs the load with `--url`, and prints what that prints last. `limit`: seconds for the load."""
    # A group of its own: workers may outlive a parent that is killed, and would keep this program's output open.
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, process_group=0, env={**os.environ, **(environment or {})}
    )
    try:
        wait_for(f"http://127.0.0.1:{port}{ready}", server)
        done = subprocess.run(
            [*load, "--url", f"http://127.0.0.1:{port}{path}"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=limit,
        )
        print(json.dumps(json.loads(done.stdout.strip().splitlines()[-1])))
    except subprocess.TimeoutExpired:
        raise SystemExit(f"the load had no end within {limit:g} s")
    finally:
        end(server)
