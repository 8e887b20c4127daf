"""TensorFlow Lite files at the level of their bytes: enough of FlatBuffers to read a plain network's graph.

Field numbers are those of TensorFlow's schema.fbs. Source: FlatBuffers, "FlatBuffers binary format"; TensorFlow,
"tensorflow/compiler/mlir/lite/schema/schema.fbs".
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Operator", "OperatorCode", "Tensor", "TfliteGraph", "read_graph"]


class OperatorCode(IntEnum):
    """The built-in operators that `read_graph` is used for."""

    ADD = 0
    CONV_2D = 3
    DEPTHWISE_CONV_2D = 4
    MUL = 18
    RELU = 19
    RESHAPE = 22
    SUB = 41
    ABS = 101


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """``values`` are those of a float constant, else None."""

    shape: tuple[int, ...]
    values: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """``options`` are the first seven numbers of its table of options, which all are scalars for the codes above."""

    code: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TfliteGraph:
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_graph(data: bytes) -> TfliteGraph:
    """The one graph of a model. Raises ValueError, IndexError or struct.error where the bytes are none."""
    if data[4:8] != b"TFL3":
        raise ValueError("no TensorFlow Lite file")
    file = _Reader(data)
    model = file.offset(0)
    codes = [max(file.byte(table, 0), file.number(table, 3)) for table in file.tables(model, 1)]
    buffers = [file.vector(table, 0) for table in file.tables(model, 4)]
    (graph,) = file.tables(model, 2)
    return TfliteGraph(
        tensors=tuple(file.tensor(table, buffers) for table in file.tables(graph, 0)),
        operators=tuple(file.operator(table, codes) for table in file.tables(graph, 3)),
        inputs=file.numbers(graph, 1),
        outputs=file.numbers(graph, 2),
    )


class _Reader:
    """Tables hold their fields behind a table of 16-bit offsets; a field that is not there has its default."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def offset(self, position: int) -> int:
        return position + int(struct.unpack_from("<I", self._data, position)[0])

    def field(self, table: int, index: int) -> int:
        """Where a field stands, or 0."""
        fields = table - int(struct.unpack_from("<i", self._data, table)[0])
        size = int(struct.unpack_from("<H", self._data, fields)[0])
        if 4 + 2 * index >= size:
            return 0
        step = int(struct.unpack_from("<H", self._data, fields + 4 + 2 * index)[0])
        return table + step if step else 0

    def byte(self, table: int, index: int) -> int:
        place = self.field(table, index)
        return self._data[place] if place else 0

    def number(self, table: int, index: int) -> int:
        place = self.field(table, index)
        return int(struct.unpack_from("<i", self._data, place)[0]) if place else 0

    def vector(self, table: int, index: int) -> tuple[int, int]:
        """Where a vector's elements start, and how many there are."""
        place = self.field(table, index)
        if not place:
            return 0, 0
        start = self.offset(place)
        return start + 4, int(struct.unpack_from("<I", self._data, start)[0])

    def numbers(self, table: int, index: int) -> tuple[int, ...]:
        start, count = self.vector(table, index)
        return struct.unpack_from(f"<{count}i", self._data, start)

    def tables(self, table: int, index: int) -> list[int]:
        start, count = self.vector(table, index)
        if start + 4 * count > len(self._data):
            raise ValueError("a vector is longer than the file")
        return [self.offset(start + 4 * item) for item in range(count)]

    def tensor(self, table: int, buffers: list[tuple[int, int]]) -> Tensor:
        shape = self.numbers(table, 0)
        start, size = buffers[self.number(table, 2)]
        if self.byte(table, 1) or not size:  # type 0 is float32
            return Tensor(shape, None)
        return Tensor(shape, np.frombuffer(self._data, "<f4", size // 4, start).astype(np.float32).reshape(shape))

    def operator(self, table: int, codes: list[int]) -> Operator:
        options = self.field(table, 4)
        inner = self.offset(options) if options else 0
        # enumerations are one byte, strides four: a byte is enough for both, and for every stride below 128
        return Operator(
            code=codes[self.number(table, 0)],
            inputs=self.numbers(table, 1),
            outputs=self.numbers(table, 2),
            options=tuple(self.byte(inner, index) if inner else 0 for index in range(7)),
        )
