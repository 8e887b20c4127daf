"""An ONNX model whose pictures have a multiple of 16 channels everywhere, the added ones all zero.

onnxruntime runs convolutions several times as fast in a layout of 8 or 16 channels side by side, but only where their
counts are a multiple of that; others make it lay the picture out anew, before and after. A pruned network has any
counts: 13, 26, 77, 103. The added channels meet weights of zero, so no number changes.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.adapters import onnx_wire as wire
from visavis.adapters.onnx_wire import AttributeField, Field, GraphField, ModelField, NodeField
from visavis.errors import ModelInvalidError

__all__ = ["pad_channels"]

Floats = NDArray[np.float32]

_BLOCK: Final = 16
_MOST_CHANNELS: Final = 4096
_KEEPING: Final = frozenset({"Add", "GlobalAveragePool", "Mul", "Relu", "Sigmoid"})
"""Operators over each channel by itself. A zero may become another number in one of them: the next weight is zero."""
_INT: Final = 2
_VALUE_INFO: Final = 13
"""Of a graph: hints at the shapes between the nodes, which no longer hold."""


@dataclass(slots=True)
class _Work:
    """``counts``: for each value with a padded picture, its own channels and those it has now."""

    tensors: dict[str, Floats | None]
    changed: dict[str, Floats] = field(default_factory=dict)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)


def pad_channels(data: bytes) -> bytes:
    """The model with its convolutions, their weights and the slopes of PRelu padded; it gives the same numbers.

    Raises ModelInvalidError ``model_invalid`` where a padded picture would reach an operator that is not known to keep
    channels apart, or the end of the graph, and where weights are shared, no constants or not of float32.
    """
    graph = wire.graph_of(data)
    parts = [item for item in wire.fields(data, graph.start, graph.end) if item.number != _VALUE_INFO]
    tensors = dict(wire.float_tensor(data, item) for item in parts if item.number == GraphField.INITIALIZER)
    work = _Work(tensors)
    nodes = {item.whole: _node(data, item, work) for item in parts if item.number == GraphField.NODE}
    used = Counter(name for item in parts if item.number == GraphField.NODE for name in wire.node_parts(data, item)[1])
    if any(used[name] > 1 for name in work.changed):
        raise _unknown()
    ends = {_name(data, item) for item in parts if item.number in (GraphField.INPUT, GraphField.OUTPUT)}
    if ends & (set(work.counts) | set(work.changed)):
        raise _unknown()
    body = bytearray()
    for item in parts:
        name = wire.float_tensor(data, item)[0] if item.number == GraphField.INITIALIZER else ""
        if item.number == GraphField.NODE:
            body += nodes[item.whole]
        elif name in work.changed:
            body += wire.tensor(name, work.changed[name])
        else:
            body += data[item.whole : item.end]
    return data[: graph.whole] + wire.blob(ModelField.GRAPH, bytes(body)) + data[graph.end :]


def _node(data: bytes, item: Field, work: _Work) -> bytes:
    """The node as it is written now; its weights and what it gives are noted in ``work``."""
    operator, inputs, outputs = wire.node_parts(data, item)
    if operator == "Conv" and len(inputs) in (2, 3) and len(outputs) == 1:
        return _convolution(data, item, inputs, outputs[0], work)
    padded = [name in work.counts for name in inputs]
    if any(padded):
        if len(outputs) != 1:
            raise _unknown()
        count, full = work.counts[inputs[padded.index(True)]]
        if operator == "PRelu" and padded == [True, False]:
            slopes = _constant(inputs[1], work)
            if slopes.shape != (count, 1, 1):
                raise _unknown()
            work.changed[inputs[1]] = _filled(slopes, (full, 1, 1))
        elif operator not in _KEEPING or not all(work.counts.get(name) == (count, full) for name in inputs):
            raise _unknown()
        work.counts[outputs[0]] = count, full
    return data[item.whole : item.end]


def _convolution(data: bytes, item: Field, inputs: list[str], output: str, work: _Work) -> bytes:
    weights = _constant(inputs[1], work)
    if weights.ndim != 4 or len(weights) > _MOST_CHANNELS:
        raise _unknown()
    group = _group(data, item)
    count, depth = weights.shape[:2]
    full = -(-count // _BLOCK) * _BLOCK
    before, now = work.counts.get(inputs[0], (depth * group, depth * group))
    if group == 1 and before == depth:
        shape = (full, now, *weights.shape[2:])
    elif depth == 1 and group == count == before and now in (before, full):
        if now != full:  # the picture comes from where nothing was padded
            return data[item.whole : item.end]
        shape = (full, 1, *weights.shape[2:])
    else:
        raise _unknown()
    if shape != weights.shape:
        work.changed[inputs[1]] = _filled(weights, shape)
    if full == count:
        return data[item.whole : item.end]
    work.counts[output] = count, full
    if len(inputs) == 3:
        biases = _constant(inputs[2], work)
        if biases.shape != (count,):
            raise _unknown()
        work.changed[inputs[2]] = _filled(biases, (full,))
    return data[item.whole : item.end] if group == 1 else _regrouped(data, item, full)


def _constant(name: str, work: _Work) -> Floats:
    values = work.tensors.get(name)
    if values is None or name in work.changed:
        raise _unknown()
    return values


def _filled(values: Floats, shape: tuple[int, ...]) -> Floats:
    padded = np.zeros(shape, np.float32)
    padded[tuple(slice(size) for size in values.shape)] = values
    return padded


def _group(data: bytes, item: Field) -> int:
    return next((value for part, value in _groups(data, item)), 1)


def _groups(data: bytes, item: Field) -> list[tuple[Field, int]]:
    """The attributes ``group`` of a node, and what they say."""
    found = []
    for part in wire.fields(data, item.start, item.end):
        if part.number != NodeField.ATTRIBUTE:
            continue
        inner = {field.number: field for field in wire.fields(data, part.start, part.end)}
        name, value = inner.get(AttributeField.NAME), inner.get(AttributeField.INT)
        if name is not None and data[name.start : name.end] == b"group":
            found.append((part, 1 if value is None else value.value))
    return found


def _regrouped(data: bytes, item: Field, group: int) -> bytes:
    places = {part.whole for part, _ in _groups(data, item)}
    kept = b"".join(
        data[part.whole : part.end] for part in wire.fields(data, item.start, item.end) if part.whole not in places
    )
    inner = wire.text(AttributeField.NAME, "group") + wire.integer(AttributeField.INT, group)
    inner += wire.integer(AttributeField.TYPE, _INT)
    return wire.blob(GraphField.NODE, kept + wire.blob(NodeField.ATTRIBUTE, inner))


def _name(data: bytes, item: Field) -> str:
    """Of a graph's input or output."""
    parts = (part for part in wire.fields(data, item.start, item.end) if part.number == 1)
    return next((data[part.start : part.end].decode("utf-8", "surrogateescape") for part in parts), "")


def _unknown() -> ModelInvalidError:
    return ModelInvalidError(
        "model_invalid",
        "The channels of the model cannot be padded: it has a form that this step does not know.",
        advice="Leave `pad_channels` out of its entry.",
    )
