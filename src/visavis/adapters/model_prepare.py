"""What is done to a model's file once, when it is pulled. Every step is a pure function from bytes to bytes.

A step gives the same bytes on every machine (see `visavis.adapters.onnx_wire`): the digest of what comes out is
pinned in the manifest beside the digest of what went in.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.adapters import onnx_wire as wire
from visavis.adapters.dlib_resnet import dlib_resnet_to_onnx
from visavis.adapters.mobilefacenet import mobilefacenet_to_onnx
from visavis.adapters.onnx_wire import Field, GraphField, ModelField, NodeField, TensorField, prelu
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import PreparationStep

__all__ = ["prepare", "split_prelu", "zero_tiny_weights"]

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
    graph = _graph(data)
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
    graph = _graph(data)
    parts = list(wire.fields(data, graph.start, graph.end))
    slopes = dict(_float_tensor(data, item) for item in parts if item.number == GraphField.INITIALIZER)
    body = bytearray()
    added = bytearray()
    count = 0
    for item in parts:
        operator, inputs, outputs = _node(data, item) if item.number == GraphField.NODE else ("", [], [])
        if operator != "PRelu":
            body += data[item.whole : item.end]
            continue
        values = slopes.get(inputs[1]) if len(inputs) == 2 and len(outputs) == 1 else None
        if values is None or values.ndim != 3 or values.shape[1:] != (1, 1):
            raise ModelInvalidError("model_invalid", "A PRelu of the model has no constant slope for each channel.")
        prefix = f"visavis_prelu_{count}_"
        count += 1
        nodes, tensors = prelu(inputs[0], values.reshape(-1), outputs[0], prefix)
        body += nodes
        added += tensors
    return data[: graph.whole] + wire.blob(ModelField.GRAPH, bytes(body + added)) + data[graph.end :]


STEPS: Final[dict[PreparationStep, Callable[[bytes], bytes]]] = {
    "zero_tiny_weights": zero_tiny_weights,
    "split_prelu": split_prelu,
    "dlib_resnet_to_onnx": dlib_resnet_to_onnx,
    "mobilefacenet_to_onnx": mobilefacenet_to_onnx,
}


def _graph(data: bytes) -> Field:
    graphs = [item for item in wire.fields(data, 0, len(data)) if item.number == ModelField.GRAPH]
    if len(graphs) != 1:
        raise ModelInvalidError("model_invalid", "The file is no ONNX model: it does not hold one graph.")
    return graphs[0]


def _node(data: bytes, item: Field) -> tuple[str, list[str], list[str]]:
    operator = ""
    inputs: list[str] = []
    outputs: list[str] = []
    for part in wire.fields(data, item.start, item.end):
        if part.number == NodeField.OP_TYPE:
            operator = data[part.start : part.end].decode("utf-8", "surrogateescape")
        elif part.number == NodeField.INPUT:
            inputs.append(data[part.start : part.end].decode("utf-8", "surrogateescape"))
        elif part.number == NodeField.OUTPUT:
            outputs.append(data[part.start : part.end].decode("utf-8", "surrogateescape"))
    return operator, inputs, outputs


def _float_tensor(data: bytes, item: Field) -> tuple[str, NDArray[np.float32] | None]:
    """Name and values of an initializer; None where they are not float32 held as raw bytes."""
    name, kind, values = "", 0, None
    shape: list[int] = []
    for part in wire.fields(data, item.start, item.end):
        if part.number == TensorField.DIMS:
            shape += wire.integers(data, part)
        elif part.number == TensorField.DATA_TYPE:
            kind = part.value
        elif part.number == TensorField.NAME:
            name = data[part.start : part.end].decode("utf-8", "surrogateescape")
        elif part.number == TensorField.RAW_DATA:
            values = data[part.start : part.end]
    if kind != wire.FLOAT or values is None or 4 * math.prod(shape) != len(values):
        return name, None
    return name, np.frombuffer(values, "<f4").reshape(shape).astype(np.float32)
