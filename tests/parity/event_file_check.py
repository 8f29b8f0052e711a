#!/usr/bin/env python3
"""Opens an event file of ours with the real TensorBoard: event_file_check.py BASE_TESTS.

BASE_TESTS: the program sfv_base_tests, which writes the sample. Needs the tensorboard package, here or in the reference environment
(SFV_REFERENCE_PYTHON, or the one that tests/parity/make_venv makes); exit status 77 without it."""

import math
import os
import subprocess
import sys
import tempfile

REFERENCE = os.environ.get("SFV_REFERENCE_PYTHON") or os.path.join(os.path.dirname(__file__), "../../.deps/reference/bin/python")

try:
    from tensorboard.backend.event_processing import event_accumulator
    from tensorboard.version import VERSION
except ImportError:
    if os.path.exists(REFERENCE) and "SFV_EVENT_CHECK" not in os.environ:
        os.environ["SFV_EVENT_CHECK"] = "in the reference environment"  # once
        os.execv(REFERENCE, [REFERENCE, "-B", *sys.argv])
    print("SKIPPED: the tensorboard package is not installed")
    sys.exit(77)


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "events.out.tfevents.sfv")
        subprocess.run([program, "--gtest_filter=EventFile.WritesASampleForTensorBoard", "--gtest_brief=1"],
                       env={**os.environ, "SFV_EVENT_SAMPLE": path}, check=True)
        # The folder, as `tensorboard --logdir` gets it; 0 keeps everything.
        events = event_accumulator.EventAccumulator(folder, size_guidance={"scalars": 0, "images": 0, "tensors": 0})
        events.Reload()
    tags = events.Tags()
    print(f"tensorboard {VERSION}: {tags}")
    assert sorted(tags["scalars"]) == ["loss/generator", "not a number"], tags
    scalars = events.Scalars("loss/generator")
    assert [event.step for event in scalars] == list(range(1, 1000))
    assert all(abs(event.value - 1 / event.step) < 1e-7 for event in scalars)
    assert all(event.wall_time == 1700000000.25 for event in scalars)
    assert math.isnan(events.Scalars("not a number")[0].value)
    image, = events.Images("samples")
    assert (image.step, image.width, image.height) == (999, 1, 1) and image.encoded_image_string.startswith(b"\x89PNG")
    text, = events.Tensors("notes")
    assert text.tensor_proto.string_val == ["**alarm**: motion is falling ä".encode()]
    assert events.SummaryMetadata("notes").plugin_data.plugin_name == "text"
    assert events.file_version == 2.0, events.file_version
    print(f"{len(scalars)} scalars, 1 image and 1 text read back")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
