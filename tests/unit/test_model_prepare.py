"""Preparing: the same bytes everywhere, the same numbers as before."""

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from model_material import SIZE, prelu_onnx, pruned_onnx, tiny_onnx
from visavis.adapters.model_prepare import pad_channels, prepare, split_prelu, sum_prelu, zero_tiny_weights
from visavis.errors import ModelInvalidError

RNG = np.random.default_rng(5)
SLOPES = RNG.uniform(-1.4, 1.3, (16, 1, 1)).astype(np.float32)
WEIGHTS = RNG.normal(0, 1, (16, 3, 3, 3)).astype(np.float32)
TINY = [1e-45, -1e-40, 9.9e-13, -9.9e-13]


def run(data: bytes, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {"input": tensor})
    return np.asarray(output, np.float32)


def weights_of(data: bytes, name: str) -> NDArray[np.float32]:
    graph = onnx.load_from_string(data).graph
    return next(numpy_helper.to_array(item) for item in graph.initializer if item.name == name)


def test_tiny_weights_become_zero_and_the_rest_keeps_its_bits() -> None:
    weights = WEIGHTS.copy()
    weights[0, 0, 0, :3], weights[1, 0, 0, 0] = TINY[:3], TINY[3]
    weights[2, 0, 0, 0] = 1.1e-12
    data = prelu_onnx(SLOPES, weights)
    prepared = zero_tiny_weights(data)
    expected = np.where(np.abs(weights) < 1e-12, np.float32(0), weights)
    assert np.count_nonzero(expected == 0) == 4
    assert np.array_equal(weights_of(prepared, "weights"), expected)
    assert len(prepared) == len(data)
    tensor = RNG.uniform(-1, 1, (1, 3, SIZE, SIZE)).astype(np.float32)
    assert np.array_equal(run(prepared, tensor), run(data, tensor))


def test_a_split_prelu_is_exact() -> None:
    data = prelu_onnx(SLOPES, WEIGHTS)
    prepared = split_prelu(data)
    onnx.checker.check_model(onnx.load_from_string(prepared))
    assert "PRelu" not in {node.op_type for node in onnx.load_from_string(prepared).graph.node}
    for _ in range(20):
        tensor = RNG.uniform(-2, 2, (1, 3, SIZE, SIZE)).astype(np.float32)
        assert np.array_equal(run(prepared, tensor), run(data, tensor))


def test_the_order_of_fields_in_a_file_does_not_matter() -> None:
    """Another writer may pack dimensions, or put tensors before nodes; onnx's own does the second here."""
    model = onnx.load_from_string(prelu_onnx(SLOPES, WEIGHTS))
    graph = model.graph.SerializeToString()
    model.ClearField("graph")
    data = b"\x3a" + _varint(len(graph)) + graph + model.SerializeToString()
    tensor = RNG.uniform(-2, 2, (1, 3, SIZE, SIZE)).astype(np.float32)
    assert np.array_equal(run(split_prelu(data), tensor), run(data, tensor))


def test_steps_follow_each_other() -> None:
    data = prelu_onnx(SLOPES, WEIGHTS)
    assert prepare(data, ("zero_tiny_weights", "split_prelu")) == split_prelu(zero_tiny_weights(data))
    assert prepare(data, ()) == data


def test_a_model_without_prelu_stays_as_it_is() -> None:
    model = onnx.load_from_string(tiny_onnx())
    assert onnx.load_from_string(split_prelu(tiny_onnx())) == model


def test_a_summed_prelu_is_exact_but_for_rounding() -> None:
    data = prelu_onnx(SLOPES, WEIGHTS)
    prepared = sum_prelu(data)
    onnx.checker.check_model(onnx.load_from_string(prepared))
    assert "PRelu" not in {node.op_type for node in onnx.load_from_string(prepared).graph.node}
    for _ in range(20):
        tensor = RNG.uniform(-2, 2, (1, 3, SIZE, SIZE)).astype(np.float32)
        before = run(data, tensor)
        np.testing.assert_allclose(run(prepared, tensor), before, rtol=0, atol=3e-7 * float(np.abs(before).max()))


def test_padded_channels_change_no_number_and_leave_no_odd_count() -> None:
    data = pruned_onnx(RNG)
    prepared = pad_channels(data)
    model = onnx.load_from_string(prepared)
    onnx.checker.check_model(model, full_check=True)
    counts = {item.name: item.dims[0] for item in model.graph.initializer}
    assert counts["a"] == counts["b"] == counts["b_bias"] == counts["slopes_a"] == counts["gate"] == 16
    assert counts["c"] == counts["e"] == 16
    groups = [item.i for node in model.graph.node for item in node.attribute if item.name == "group"]
    assert groups == [16]
    assert weights_of(prepared, "c").shape == (16, 16, 1, 1)
    for change in (pad_channels, lambda given: prepare(given, ("pad_channels", "sum_prelu"))):
        for _ in range(20):
            tensor = RNG.uniform(-2, 2, (1, 3, SIZE, SIZE)).astype(np.float32)
            before = run(data, tensor)
            np.testing.assert_allclose(run(change(data), tensor), before, rtol=0, atol=1e-6 * np.abs(before).max())
    assert pad_channels(prepared) == prepared


def test_a_padded_picture_that_would_leave_the_graph_is_refused() -> None:
    with pytest.raises(ModelInvalidError):
        pad_channels(pruned_onnx(RNG, end=13))


@pytest.mark.parametrize("operator", ["Softmax", "Flatten", "PRelu"])
def test_a_padded_picture_before_an_operator_that_mixes_channels_is_refused(operator: str) -> None:
    model = onnx.load_from_string(pruned_onnx(RNG))
    inputs = ["eight", "shared"] if operator == "PRelu" else ["eight"]
    model.graph.initializer.append(numpy_helper.from_array(np.full((1, 1, 1), 0.1, np.float32), "shared"))
    model.graph.node.insert(len(model.graph.node) - 1, onnx.helper.make_node(operator, inputs, ["aside"]))
    with pytest.raises(ModelInvalidError):
        pad_channels(model.SerializeToString())


def test_weights_that_two_nodes_share_are_not_padded() -> None:
    model = onnx.load_from_string(pruned_onnx(RNG))
    model.graph.node[1].input[1] = "slopes_a"
    model.graph.node.append(onnx.helper.make_node("Abs", ["slopes_a"], ["aside"]))
    with pytest.raises(ModelInvalidError):
        pad_channels(model.SerializeToString())


@pytest.mark.parametrize(
    "step",
    ["zero_tiny_weights", "split_prelu", "sum_prelu", "pad_channels", "dlib_resnet_to_onnx", "mobilefacenet_to_onnx"],
)
@pytest.mark.parametrize(
    "data", [b"", b"no model", b"\xff" * 64, prelu_onnx(SLOPES, WEIGHTS)[:-7], b"\x20\x00\x00\x00TFL3"]
)
def test_what_is_no_model_is_refused(step: str, data: bytes) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        prepare(data, (step,))  # type: ignore[arg-type]  # mypy does not narrow a parameter to the literals
    assert caught.value.code == "model_invalid"


def test_mutated_files_are_refused_or_prepared_and_never_crash() -> None:
    data = prelu_onnx(SLOPES, WEIGHTS)
    refused = 0
    for _ in range(500):
        mutated = bytearray(data)
        for place in RNG.integers(0, 300, 3):
            mutated[place] = RNG.integers(0, 256)
        try:
            prepare(bytes(mutated), ("zero_tiny_weights", "pad_channels", "split_prelu"))
        except ModelInvalidError:
            refused += 1
    assert refused > 50


def test_mutated_pruned_files_are_refused_or_padded_and_never_crash() -> None:
    data = pruned_onnx(RNG)
    refused = 0
    for _ in range(500):
        mutated = bytearray(data)
        for place in RNG.integers(0, len(data), 3):
            mutated[place] = RNG.integers(0, 256)
        try:
            prepare(bytes(mutated), ("pad_channels", "sum_prelu"))
        except ModelInvalidError:
            refused += 1
    assert refused > 20


def test_a_prelu_of_another_form_is_refused() -> None:
    with pytest.raises(ModelInvalidError):
        split_prelu(prelu_onnx(SLOPES[:1, 0, 0], WEIGHTS))


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])
