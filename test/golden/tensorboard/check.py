"""Reads the event files of a run folder with TensorBoard's own loader, and prints what it found.

Usage: python test/golden/tensorboard/check.py RUN_FOLDER      (pip install tensorboard; tried with 2.15)
"""
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"images": 0, "scalars": 0, "tensors": 0})
events.Reload()
tags = events.Tags()
for tag in tags["scalars"]:
    print(tag, [(event.step, round(event.value, 6)) for event in events.Scalars(tag)])
for tag in tags["images"]:
    print(tag, [(event.step, event.width, event.height, event.encoded_image_string[1:4]) for event in events.Images(tag)])
for tag in tags["tensors"]:
    print(tag, events.Tensors(tag)[0].tensor_proto.string_val[0][:80])
