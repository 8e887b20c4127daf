"""ONNX files at the level of their bytes: enough of the protocol buffers encoding to walk one and to write one.

A prepared model's digest is pinned, so preparing must give the same bytes on every machine and with every version of
the `onnx` and `protobuf` packages; neither promises that of its own serialiser. Field numbers are those of onnx.proto3.
Source: Protocol Buffers, "Encoding"; ONNX, "onnx/onnx.proto3".
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.errors import ModelInvalidError

__all__ = [
    "FLOAT",
    "INT64",
    "AttributeField",
    "Field",
    "GraphField",
    "ModelField",
    "NodeField",
    "TensorField",
    "blob",
    "fields",
    "float_tensor",
    "graph_of",
    "integer",
    "integers",
    "model",
    "node",
    "node_parts",
    "prelu",
    "prelu_sum",
    "tensor",
    "text",
    "value_info",
]

FLOAT: Final = 1
INT64: Final = 7
VARINT: Final = 0
FIXED64: Final = 1
LENGTH: Final = 2
FIXED32: Final = 5
IR_VERSION: Final = 8


class ModelField(IntEnum):
    IR_VERSION = 1
    PRODUCER_NAME = 2
    GRAPH = 7
    OPSET_IMPORT = 8


class GraphField(IntEnum):
    NODE = 1
    NAME = 2
    INITIALIZER = 5
    INPUT = 11
    OUTPUT = 12


class NodeField(IntEnum):
    INPUT = 1
    OUTPUT = 2
    NAME = 3
    OP_TYPE = 4
    ATTRIBUTE = 5


class TensorField(IntEnum):
    DIMS = 1
    DATA_TYPE = 2
    FLOAT_DATA = 4
    NAME = 8
    RAW_DATA = 9


class AttributeField(IntEnum):
    NAME = 1
    INT = 3
    INTS = 8
    TYPE = 20


_ATTRIBUTE_INT: Final = 2
_ATTRIBUTE_INTS: Final = 7


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message: ``whole`` spans its tag too, ``start`` to ``end`` its payload alone."""

    number: int
    wire_type: int
    value: int
    whole: int
    start: int
    end: int


def fields(data: bytes | bytearray, start: int, end: int) -> Iterator[Field]:
    """The fields of the message at ``data[start:end]``. Raises ModelInvalidError where it is none."""
    position = start
    while position < end:
        whole = position
        tag, position = _read_varint(data, position, end)
        value = 0
        first = position
        if tag & 7 == VARINT:
            value, position = _read_varint(data, position, end)
        elif tag & 7 == LENGTH:
            length, first = _read_varint(data, position, end)
            position = first + length
        elif tag & 7 in (FIXED64, FIXED32):
            position += 8 if tag & 7 == FIXED64 else 4
        else:
            raise _invalid()
        if position > end or tag >> 3 == 0:
            raise _invalid()
        yield Field(tag >> 3, tag & 7, value, whole, first, position)


def integers(data: bytes | bytearray, field: Field) -> list[int]:
    """The numbers of a repeated field, whether it is packed or has one a field."""
    if field.wire_type == VARINT:
        return [field.value]
    found: list[int] = []
    position = field.start
    while position < field.end:
        value, position = _read_varint(data, position, field.end)
        found.append(value)
    return found


def graph_of(data: bytes) -> Field:
    """Where a model's graph is. Raises ModelInvalidError where the bytes hold none, or several."""
    graphs = [item for item in fields(data, 0, len(data)) if item.number == ModelField.GRAPH]
    if len(graphs) != 1:
        raise ModelInvalidError("model_invalid", "The file is no ONNX model: it does not hold one graph.")
    return graphs[0]


def node_parts(data: bytes, item: Field) -> tuple[str, list[str], list[str]]:
    """Operator, inputs and outputs of a node."""
    operator = ""
    inputs: list[str] = []
    outputs: list[str] = []
    for part in fields(data, item.start, item.end):
        if part.number == NodeField.OP_TYPE:
            operator = _text_of(data, part)
        elif part.number == NodeField.INPUT:
            inputs.append(_text_of(data, part))
        elif part.number == NodeField.OUTPUT:
            outputs.append(_text_of(data, part))
    return operator, inputs, outputs


def float_tensor(data: bytes, item: Field) -> tuple[str, NDArray[np.float32] | None]:
    """Name and values of an initializer; None where they are not float32 held as raw bytes."""
    name, kind, values = "", 0, None
    shape: list[int] = []
    for part in fields(data, item.start, item.end):
        if part.number == TensorField.DIMS:
            shape += integers(data, part)
        elif part.number == TensorField.DATA_TYPE:
            kind = part.value
        elif part.number == TensorField.NAME:
            name = _text_of(data, part)
        elif part.number == TensorField.RAW_DATA:
            values = data[part.start : part.end]
    if kind != FLOAT or values is None or 4 * math.prod(shape) != len(values):
        return name, None
    return name, np.frombuffer(values, "<f4").reshape(shape).astype(np.float32)


def integer(number: int, value: int) -> bytes:
    return _varint(number << 3 | VARINT) + _varint(value)


def blob(number: int, payload: bytes) -> bytes:
    """A string, bytes, or an embedded message."""
    return _varint(number << 3 | LENGTH) + _varint(len(payload)) + payload


def text(number: int, value: str) -> bytes:
    return blob(number, value.encode("utf-8", "surrogateescape"))


def tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> bytes:
    """A graph's initializer."""
    kind, little = (FLOAT, "<f4") if values.dtype == np.float32 else (INT64, "<i8")
    return blob(
        GraphField.INITIALIZER,
        b"".join(integer(TensorField.DIMS, size) for size in values.shape)
        + integer(TensorField.DATA_TYPE, kind)
        + text(TensorField.NAME, name)
        + blob(TensorField.RAW_DATA, np.ascontiguousarray(values).astype(little).tobytes()),
    )


def node(
    operator: str, inputs: Iterable[str], output: str, attributes: Mapping[str, int | tuple[int, ...]] | None = None
) -> bytes:
    """A graph's node with one output."""
    written = b"".join(text(NodeField.INPUT, name) for name in inputs)
    written += text(NodeField.OUTPUT, output) + text(NodeField.OP_TYPE, operator)
    for name, value in (attributes or {}).items():
        inner = text(AttributeField.NAME, name)
        if isinstance(value, int):
            inner += integer(AttributeField.INT, value) + integer(AttributeField.TYPE, _ATTRIBUTE_INT)
        else:
            inner += b"".join(integer(AttributeField.INTS, item) for item in value)
            inner += integer(AttributeField.TYPE, _ATTRIBUTE_INTS)
        written += blob(NodeField.ATTRIBUTE, inner)
    return blob(GraphField.NODE, written)


def prelu(value: str, slopes: NDArray[np.float32], output: str, prefix: str) -> tuple[bytes, bytes]:
    """Nodes and tensors of ``relu(x) - s relu(-x)``, of (n, c, h, w) and one slope a channel; exact in float32.

    Both factors are convolutions of one pixel and one channel, which a runtime keeps in the layout of its neighbours.
    """
    count = len(slopes)
    alone: dict[str, int | tuple[int, ...]] = {"group": count, "kernel_shape": (1, 1)}
    nodes = (
        node("Relu", [value], prefix + "rise")
        + node("Conv", [value, prefix + "minus"], prefix + "turned", alone)
        + node("Relu", [prefix + "turned"], prefix + "fall")
        + node("Conv", [prefix + "fall", prefix + "slope"], prefix + "scaled", alone)
        + node("Add", [prefix + "scaled", prefix + "rise"], output)
    )
    shape = (count, 1, 1, 1)
    minus = tensor(prefix + "minus", np.full(shape, -1, np.float32))
    return nodes, minus + tensor(prefix + "slope", (-slopes).astype(np.float32).reshape(shape))


def prelu_sum(value: str, slopes: NDArray[np.float32], output: str, prefix: str) -> tuple[bytes, bytes]:
    """As `prelu`, but ``x + (1 - s) relu(-x)``: one pass over the picture fewer, within the rounding of float32."""
    count = len(slopes)
    alone: dict[str, int | tuple[int, ...]] = {"group": count, "kernel_shape": (1, 1)}
    nodes = (
        node("Conv", [value, prefix + "minus"], prefix + "turned", alone)
        + node("Relu", [prefix + "turned"], prefix + "fall")
        + node("Conv", [prefix + "fall", prefix + "lift"], prefix + "scaled", alone)
        + node("Add", [prefix + "scaled", value], output)
    )
    shape = (count, 1, 1, 1)
    minus = tensor(prefix + "minus", np.full(shape, -1, np.float32))
    return nodes, minus + tensor(prefix + "lift", (np.float32(1) - slopes).astype(np.float32).reshape(shape))


def model(name: str, graph: bytes, opset: int) -> bytes:
    """A whole model around the fields of a graph."""
    return (
        integer(ModelField.IR_VERSION, IR_VERSION)
        + text(ModelField.PRODUCER_NAME, "visavis")
        + blob(ModelField.GRAPH, graph + text(GraphField.NAME, name))
        + blob(ModelField.OPSET_IMPORT, integer(2, opset))
    )


def value_info(number: int, name: str, shape: Iterable[int | str]) -> bytes:
    """A float graph input or output; a name in the shape stands for any size."""
    dims = b"".join(blob(1, text(2, size) if isinstance(size, str) else integer(1, size)) for size in shape)
    return blob(number, text(1, name) + blob(2, blob(1, integer(1, FLOAT) + blob(2, dims))))


def _text_of(data: bytes, part: Field) -> str:
    return data[part.start : part.end].decode("utf-8", "surrogateescape")


def _varint(value: int) -> bytes:
    if value < 0:
        value += 1 << 64
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes | bytearray, position: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            raise _invalid()
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise _invalid()


def _invalid() -> ModelInvalidError:
    return ModelInvalidError(
        "model_invalid", "The file is no ONNX model.", advice="Check the entry's file and its source."
    )
