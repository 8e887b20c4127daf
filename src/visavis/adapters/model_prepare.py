"""What is done to a model's file once, when it is pulled. Every step is a pure function from bytes to bytes.

A step gives the same bytes on every machine (see `visavis.adapters.onnx_wire`): the digest of what comes out is
pinned in the manifest beside the digest of what went in.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.adapters import onnx_wire as wire
from visavis.adapters.dlib_resnet import dlib_resnet_to_onnx
from visavis.adapters.mobilefacenet import mobilefacenet_to_onnx
from visavis.adapters.onnx_padding import pad_channels
from visavis.adapters.onnx_wire import GraphField, ModelField, TensorField, prelu, prelu_sum
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import PreparationStep

__all__ = ["pad_channels", "prepare", "split_prelu", "sum_prelu", "zero_tiny_weights"]

_Written = Callable[[str, NDArray[np.float32], str, str], tuple[bytes, bytes]]
"""Nodes and tensors in place of a PRelu: of its input, its slopes, its output and a prefix for new names."""

TINY: Final = 1e-12
"""Weights below it are zeroed. Denormals start at 1.2e-38, but a tiny weight times a small activation is one too."""


def prepare(data: bytes, steps: tuple[PreparationStep, ...]) -> bytes:
    """The bytes after every step in turn. Raises ModelInvalidError where a step cannot read what it is given."""
    for step in steps:
        data = STEPS[step](data)
    return data


def zero_tiny_weights(data: bytes) -> bytes:
    """An ONNX model with every float weight of magnitude below 1e-12 set to zero, in place.

    A denormal operand costs a processor a hundred cycles and more. Beside activations of ordinary size such products
    are below the last bit of a sum.
    """
    patched = bytearray(data)
    graph = wire.graph_of(data)
    for item in wire.fields(data, graph.start, graph.end):
        if item.number != GraphField.INITIALIZER:
            continue
        parts = {part.number: part for part in wire.fields(data, item.start, item.end)}
        kind = parts.get(TensorField.DATA_TYPE)
        held = parts.get(TensorField.RAW_DATA) or parts.get(TensorField.FLOAT_DATA)
        if kind is None or kind.value != wire.FLOAT or held is None:
            continue
        weights = np.frombuffer(patched, "<f4", (held.end - held.start) // 4, held.start)
        weights[np.abs(weights) < TINY] = 0.0
    return bytes(patched)


def split_prelu(data: bytes) -> bytes:
    """An ONNX model in which each PRelu with a slope a channel is ``relu(x) - s relu(-x)``, which is exact.

    Both factors are convolutions of one pixel and one channel: onnxruntime runs those in the blocked layout of the
    convolutions around them, where a PRelu makes it lay every picture out anew, twice.
    """
    return _without_prelu(data, prelu)


def sum_prelu(data: bytes) -> bytes:
    """As `split_prelu`, but ``x + (1 - s) relu(-x)``: faster by one pass, and exact but for float32's own rounding."""
    return _without_prelu(data, prelu_sum)


def _without_prelu(data: bytes, written: _Written) -> bytes:
    graph = wire.graph_of(data)
    parts = list(wire.fields(data, graph.start, graph.end))
    slopes = dict(wire.float_tensor(data, item) for item in parts if item.number == GraphField.INITIALIZER)
    body = bytearray()
    added = bytearray()
    count = 0
    for item in parts:
        operator, inputs, outputs = wire.node_parts(data, item) if item.number == GraphField.NODE else ("", [], [])
        if operator != "PRelu":
            body += data[item.whole : item.end]
            continue
        values = slopes.get(inputs[1]) if len(inputs) == 2 and len(outputs) == 1 else None
        if values is None or values.ndim != 3 or values.shape[1:] != (1, 1):
            raise ModelInvalidError("model_invalid", "A PRelu of the model has no constant slope for each channel.")
        prefix = f"visavis_prelu_{count}_"
        count += 1
        nodes, tensors = written(inputs[0], values.reshape(-1), outputs[0], prefix)
        body += nodes
        added += tensors
    return data[: graph.whole] + wire.blob(ModelField.GRAPH, bytes(body + added)) + data[graph.end :]


STEPS: Final[dict[PreparationStep, Callable[[bytes], bytes]]] = {
    "zero_tiny_weights": zero_tiny_weights,
    "split_prelu": split_prelu,
    "sum_prelu": sum_prelu,
    "pad_channels": pad_channels,
    "dlib_resnet_to_onnx": dlib_resnet_to_onnx,
    "mobilefacenet_to_onnx": mobilefacenet_to_onnx,
}
