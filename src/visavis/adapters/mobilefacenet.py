"""MobileFaceNet from its TensorFlow Lite file to ONNX, with a batch of any size.

The file has a batch of two built in and spells each PReLU as ``relu(x) + m (x - |x|)``: five passes over every picture.
Written anew, its output is the same within float rounding, and a single face takes less than half of the time.
Input: (n, 3, 112, 112), RGB, ``(pixel - 127.5) / 128``. Output: (n, 192), not normalised.
Source of the network: S. Chen et al., "MobileFaceNets", CCBR 2018.
"""

import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.adapters import onnx_wire as wire
from visavis.adapters.tflite_wire import Operator, OperatorCode, Tensor, TfliteGraph, read_graph
from visavis.errors import ModelInvalidError

__all__ = ["mobilefacenet_to_onnx"]

Floats = NDArray[np.float32]

OPSET: Final = 13
SAME: Final = 0
SIZE: Final = 112
DIMENSION: Final = 192


def mobilefacenet_to_onnx(data: bytes) -> bytes:
    """The bytes of the ONNX model. Raises ModelInvalidError ``model_invalid`` where the file is another network."""
    try:
        return _Writer(read_graph(data)).model()
    except (ValueError, IndexError, KeyError, struct.error) as error:
        raise ModelInvalidError(
            "model_invalid",
            "The file is not the MobileFaceNet that this step knows.",
            advice="Check the entry's file and its source.",
        ) from error


class _Writer:
    """Writes nodes in the order of the file; a value is named by its tensor's index."""

    def __init__(self, graph: TfliteGraph) -> None:
        self._graph = graph
        self._makers = {operator.outputs[0]: operator for operator in graph.operators}
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []

    def model(self) -> bytes:
        (first,), (last,) = self._graph.inputs, self._graph.outputs
        if self._tensor(first).shape[1:] != (SIZE, SIZE, 3) or self._tensor(last).shape[1:] != (DIMENSION,):
            raise ValueError("shapes")
        for operator in self._graph.operators:
            self._write(operator)
        self._nodes.append(wire.node("Flatten", [self._name(self._makers[last].inputs[0])], "embedding"))
        body = b"".join(self._nodes) + b"".join(self._tensors)
        body += wire.value_info(wire.GraphField.INPUT, self._name(first), ["n", 3, SIZE, SIZE])
        body += wire.value_info(wire.GraphField.OUTPUT, "embedding", ["n", DIMENSION])
        return wire.model("mobilefacenet", body, OPSET)

    def _write(self, operator: Operator) -> None:
        match operator.code:
            case OperatorCode.CONV_2D | OperatorCode.DEPTHWISE_CONV_2D:
                self._convolution(operator)
            case OperatorCode.ADD if self._maker(operator.inputs[1], OperatorCode.MUL):
                self._prelu(operator)
            case OperatorCode.ADD:
                self._nodes.append(
                    wire.node("Add", [self._name(item) for item in operator.inputs], self._name(operator.outputs[0]))
                )
            case OperatorCode.RELU | OperatorCode.ABS | OperatorCode.SUB | OperatorCode.MUL:
                pass  # parts of a PReLU, written with the sum that ends it
            case OperatorCode.RESHAPE if operator.outputs == self._graph.outputs:
                pass  # the flattening at the end
            case _:
                raise ValueError("operator")

    def _convolution(self, operator: Operator) -> None:
        depthwise = operator.code == OperatorCode.DEPTHWISE_CONV_2D
        weights = self._constant(operator.inputs[1])
        activation = operator.options[4 if depthwise else 3]
        if activation or (depthwise and operator.options[3] != 1) or operator.options[1] != operator.options[2]:
            raise ValueError("options")
        # (out, h, w, in) and (1, h, w, channels) both become (out, in, h, w)
        weights = weights.transpose(3, 0, 1, 2) if depthwise else weights.transpose(0, 3, 1, 2)
        kernel, stride = weights.shape[2], operator.options[1]
        size, after = self._tensor(operator.inputs[0]).shape[1], self._tensor(operator.outputs[0]).shape[1]
        padding = max((after - 1) * stride + kernel - size, 0) if operator.options[0] == SAME else 0
        output = operator.outputs[0]
        self._tensors.append(wire.tensor(f"w{output}", np.ascontiguousarray(weights)))
        self._tensors.append(wire.tensor(f"b{output}", self._constant(operator.inputs[2])))
        attributes: dict[str, int | tuple[int, ...]] = {
            "kernel_shape": (kernel, kernel),
            "strides": (stride, stride),
            "pads": (padding // 2, padding // 2, padding - padding // 2, padding - padding // 2),
            "group": len(weights) if depthwise else 1,
        }
        inputs = [self._name(operator.inputs[0]), f"w{output}", f"b{output}"]
        self._nodes.append(wire.node("Conv", inputs, self._name(output), attributes))

    def _prelu(self, operator: Operator) -> None:
        rise, fall = self._makers[operator.inputs[0]], self._makers[operator.inputs[1]]
        difference = self._makers[fall.inputs[1]]
        absolute = self._makers[difference.inputs[1]]
        value = rise.inputs[0]
        codes = (rise.code, difference.code, absolute.code)
        if codes != (OperatorCode.RELU, OperatorCode.SUB, OperatorCode.ABS):
            raise ValueError("activation")
        if difference.inputs[0] != value or absolute.inputs[0] != value:
            raise ValueError("activation of another value")
        # m (x - |x|) is -2 m relu(-x): the slope is twice m
        slopes = np.float32(2) * self._constant(fall.inputs[0])
        output = operator.outputs[0]
        nodes, tensors = wire.prelu(self._name(value), slopes.reshape(-1), self._name(output), f"p{output}_")
        self._nodes.append(nodes)
        self._tensors.append(tensors)

    def _maker(self, tensor: int, code: OperatorCode) -> bool:
        return tensor in self._makers and self._makers[tensor].code == code

    def _tensor(self, index: int) -> Tensor:
        return self._graph.tensors[index]

    def _constant(self, index: int) -> Floats:
        values = self._tensor(index).values
        if values is None:
            raise ValueError("not a constant")
        return values

    def _name(self, index: int) -> str:
        return "input" if index in self._graph.inputs else f"t{index}"
