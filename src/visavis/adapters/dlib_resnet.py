"""dlib's face recognition network, from dlib's own file to ONNX, without dlib.

The file ``dlib_face_recognition_resnet_model_v1.dat`` serialises the layers one inside the other, the innermost,
which is computed first, in front. Each convolution is followed by an affine layer (batch
normalisation with its statistics frozen), which is folded into it. Input: (n, 3, 150, 150), RGB,
``(pixel - (122.782, 117.001, 104.298)) / 256``. Output: (n, 128), not normalised.
Source: dlib, "examples/dnn_face_recognition_ex.cpp" (the network) and "dlib/serialize.h" (the numbers).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.adapters import onnx_wire as wire
from visavis.errors import ModelInvalidError

__all__ = ["dlib_resnet_to_onnx"]

Floats = NDArray[np.float32]

LAYERS: Final = 29
DESCRIPTOR: Final = 128
# (channels, halves the picture): the residual blocks in the order of computing
BLOCKS: Final = (
    *[(32, False)] * 3,
    *[(64, True), *[(64, False)] * 3],
    *[(128, True), *[(128, False)] * 2],
    *[(256, True), *[(256, False)] * 2],
    (256, True),
)
CONVOLUTION: Final = b"\x01\x05con_4"
AFFINE: Final = b"\x01\x07affine_"
DENSE: Final = b"\x01\x04fc_2"
OPSET: Final = 13


def dlib_resnet_to_onnx(data: bytes) -> bytes:
    """The bytes of the ONNX model. Raises ModelInvalidError ``model_invalid`` where the file is another."""
    try:
        convolutions, affines, dense = _parameters(data)
        return _Writer(iter(zip(convolutions, affines, strict=True)), dense).model()
    except (IndexError, ValueError, StopIteration) as error:
        raise ModelInvalidError(
            "model_invalid",
            "The file is not dlib's face recognition network, version 1.",
            advice="Check the entry's file and its source.",
        ) from error


def _number(data: bytes, position: int) -> tuple[int, int]:
    """A dlib integer: a byte with the length in its low bits, then that many bytes, the lowest first."""
    length = data[position] & 0x0F
    end = position + 1 + length
    return int.from_bytes(data[position + 1 : end], "little"), end


def _tensor(data: bytes, position: int) -> tuple[Floats, tuple[int, ...], int]:
    version, position = _number(data, position)
    if version != 2:
        raise ValueError("tensor version")
    shape = []
    for _ in range(4):
        size, position = _number(data, position)
        shape.append(size)
    count = int(np.prod(shape))
    if count > len(data) // 4:
        raise ValueError("tensor size")
    return np.frombuffer(data, "<f4", count, position).astype(np.float32), tuple(shape), position + 4 * count


def _parameters(data: bytes) -> tuple[list[Floats], list[Floats], Floats]:
    convolutions: list[Floats] = []
    affines: list[Floats] = []
    position = 0
    while True:
        places = [(data.find(mark, position), mark) for mark in (CONVOLUTION, AFFINE)]
        found = min((place for place in places if place[0] >= 0), default=None)
        if found is None:
            break
        values, _, position = _tensor(data, found[0] + len(found[1]))
        (convolutions if found[1] is CONVOLUTION else affines).append(values)
    if len(convolutions) != LAYERS or len(affines) != LAYERS:
        raise ValueError("layers")
    position = data.index(DENSE) + len(DENSE)
    outputs, position = _number(data, position)
    inputs, position = _number(data, position)
    dense, shape, _ = _tensor(data, position)
    if outputs != DESCRIPTOR or shape[:2] != (inputs, outputs):
        raise ValueError("descriptor")
    return convolutions, affines, dense.reshape(inputs, outputs)


class _Writer:
    """Builds the graph; tensors and nodes are named by a running number."""

    def __init__(self, layers: Iterator[tuple[Floats, Floats]], dense: Floats) -> None:
        self._layers = layers
        self._dense = dense
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []
        self._count = 0

    def model(self) -> bytes:
        # 1. the stem: 150 -> 72 -> 35 pixels
        value = self._node("Relu", [self._convolution("input", 3, 32, 7, 2, 0)])
        value = self._node("MaxPool", [value], kernel_shape=(3, 3), strides=(2, 2))
        size, depth = 35, 32
        # 2. the residual blocks
        for channels, halves in BLOCKS:
            value, size = self._block(value, size, depth, channels, halves=halves)
            depth = channels
        # 3. the descriptor
        value = self._node("Flatten", [self._node("GlobalAveragePool", [value])])
        self._nodes.append(wire.node("MatMul", [value, self._constant(self._dense)], "embedding"))
        if next(self._layers, None) is not None:
            raise ValueError("layers left over")
        graph = b"".join(self._nodes) + b"".join(self._tensors)
        graph += wire.value_info(wire.GraphField.INPUT, "input", ["n", 3, 150, 150])
        graph += wire.value_info(wire.GraphField.OUTPUT, "embedding", ["n", DESCRIPTOR])
        return wire.model("dlib_resnet", graph, OPSET)

    def _block(self, value: str, size: int, depth: int, channels: int, *, halves: bool) -> tuple[str, int]:
        if not halves:
            inner = self._node("Relu", [self._convolution(value, depth, channels, 3, 1, 1)])
            inner = self._convolution(inner, channels, channels, 3, 1, 1)
            return self._node("Relu", [self._node("Add", [inner, value])]), size
        inner = self._node("Relu", [self._convolution(value, depth, channels, 3, 2, 0)])
        inner = self._convolution(inner, channels, channels, 3, 1, 1)
        skipped = self._node("AveragePool", [value], kernel_shape=(2, 2), strides=(2, 2))
        inner_size, skipped_size = (size - 3) // 2 + 1, (size - 2) // 2 + 1
        # dlib's add_prev pads the smaller one with zeros: to the right, below, and in depth
        larger = max(inner_size, skipped_size)
        inner = self._pad(inner, 0, larger - inner_size)
        skipped = self._pad(skipped, channels - depth, larger - skipped_size)
        return self._node("Relu", [self._node("Add", [inner, skipped])]), larger

    def _pad(self, value: str, depth: int, size: int) -> str:
        if not depth and not size:
            return value
        return self._node("Pad", [value, self._constant(np.array([0, 0, 0, 0, 0, depth, size, size], np.int64))])

    def _convolution(self, value: str, depth: int, channels: int, kernel: int, stride: int, padding: int) -> str:
        parameters, affine = next(self._layers)
        count = channels * depth * kernel * kernel
        if parameters.size != count + channels or affine.size != 2 * channels:
            raise ValueError("layer size")
        weights = parameters[:count].reshape(channels, depth, kernel, kernel)
        gain, shift = affine[:channels], affine[channels:]
        return self._node(
            "Conv",
            [
                value,
                self._constant(weights * gain[:, None, None, None]),
                self._constant(parameters[count:] * gain + shift),
            ],
            kernel_shape=(kernel, kernel),
            strides=(stride, stride),
            pads=(padding,) * 4,
        )

    def _constant(self, values: Floats | NDArray[np.int64]) -> str:
        self._count += 1
        name = f"w{self._count}"
        self._tensors.append(wire.tensor(name, values))
        return name

    def _node(self, operator: str, inputs: list[str], **attributes: int | tuple[int, ...]) -> str:
        self._count += 1
        name = f"{operator.lower()}_{self._count}"
        self._nodes.append(wire.node(operator, inputs, name, attributes))
        return name
