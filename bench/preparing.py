"""What preparing a model's file gains, and that it changes no number: one JSON line a model.

The files as shipped are fetched from the manifest's sources into a temporary folder (the store keeps prepared ones
only), so this needs the package registries. Both forms are run in turn on one thread, on the same seeded noise.
"""

import json
import tempfile
import time
from pathlib import Path

import numpy as np
import onnxruntime as ort

from visavis.adapters.model_prepare import prepare
from visavis.adapters.model_sources import ModelFetcher
from visavis.adapters.progress import SilentProgress
from visavis.perception.manifest import ModelEntry, packaged_manifest
from visavis.perception.session import FloatTensor

ROUNDS = 100
INPUTS = 20


class Runner:
    """A model on one thread, with the processor time of each run."""

    def __init__(self, data: bytes) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self.times: list[float] = []

    def run(self, tensor: FloatTensor) -> FloatTensor:
        start = time.process_time()
        (output,) = self._session.run(None, {self._session.get_inputs()[0].name: tensor})
        self.times.append(1000 * (time.process_time() - start))
        return np.asarray(output, np.float32)


def measure(entry: ModelEntry, shipped: bytes) -> dict[str, object]:
    if entry.prepared is None or entry.input is None:
        raise ValueError(f"{entry.name} is not prepared")
    before, after = Runner(shipped), Runner(prepare(shipped, entry.prepared.steps))
    rng = np.random.default_rng(1)
    tensors = [rng.uniform(-1, 1, entry.input.shape).astype(np.float32) for _ in range(INPUTS)]
    difference = max(float(np.abs(before.run(tensor) - after.run(tensor)).max()) for tensor in tensors)
    for turn in range(ROUNDS):
        before.run(tensors[turn % INPUTS])
        after.run(tensors[turn % INPUTS])
    return {
        "bench": "preparing",
        "model": entry.name,
        "steps": list(entry.prepared.steps),
        "shipped_ms": {"median": round(float(np.median(before.times)), 1), "least": round(min(before.times), 1)},
        "prepared_ms": {"median": round(float(np.median(after.times)), 1), "least": round(min(after.times), 1)},
        "largest_difference": difference,
    }


def main() -> None:
    manifest = packaged_manifest()
    with tempfile.TemporaryDirectory() as folder:
        fetcher = ModelFetcher(Path(folder), SilentProgress())
        for entry in manifest.models:
            if entry.default and entry.prepared is not None and entry.file.endswith(".onnx"):
                print(json.dumps(measure(entry, fetcher.fetch(entry, manifest.folder(entry.name)))), flush=True)


if __name__ == "__main__":
    main()
