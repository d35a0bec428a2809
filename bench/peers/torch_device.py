"""Which GPU PyTorch can use: prints one JSON object with its name, null for none, and the version of CUDA."""

import json

import torch

available = torch.cuda.is_available()
print(json.dumps({"device": torch.cuda.get_device_name() if available else None, "cuda": torch.version.cuda}))
