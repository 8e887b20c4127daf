from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest

from perception_material import Answer, StubSession, head, picture, seen, turned
from visavis.capture.picture import Picture
from visavis.errors import ManifestError, ModelInvalidError
from visavis.perception.alignment import ARCFACE_112, TEMPLATES, AlignmentTemplate, align
from visavis.perception.features import Embedder, FusedEmbedder, FusionMember
from visavis.perception.geometry import apply
from visavis.perception.manifest import EmbeddingSpec, InputSpec, MagnitudeQuality
from visavis.perception.session import FloatTensor, ModelIdentity

MESH = seen(head(), turned())


def embedder(
    answer: Answer,
    *,
    shape: tuple[int, ...] = (-1, 3, 112, 112),
    channels: Literal["RGB", "BGR"] = "RGB",
    dimension: int = 4,
    name: str = "stub",
    layout: Literal["NCHW", "NHWC"] = "NCHW",
    quality: MagnitudeQuality | None = None,
) -> Embedder:
    return Embedder(
        StubSession(answer, name=name),
        input_spec=InputSpec(name="in", shape=shape, layout=layout, channels=channels, mean=(127.5,), divisor=(128.0,)),
        embedding=EmbeddingSpec(alignment="arcface_112", dimension=dimension, quality=quality),
    )


def asked(model: Embedder) -> list[FloatTensor]:
    assert isinstance(model._session, StubSession)
    return model._session.asked


def constant(*rows: Sequence[float]) -> Answer:
    """The first rows, one a face."""
    return lambda tensor: (np.array(rows, np.float32)[: len(tensor)],)


def random_vectors(seed: int, dimension: int) -> Answer:
    generator = np.random.default_rng(seed)
    return lambda tensor: (generator.normal(size=(len(tensor), dimension)).astype(np.float32),)


def test_a_face_lands_on_its_template() -> None:
    placed = apply(ARCFACE_112.matrix(MESH), ARCFACE_112.source(MESH)) - 0.5
    error = np.abs(placed - np.array(ARCFACE_112.points))
    assert error.max() < 12  # the head of numbers is nobody's face
    assert abs(placed.mean(axis=0) - np.mean(ARCFACE_112.points, axis=0)).max() < 1e-6


def test_pixels_go_where_the_template_says() -> None:
    """A bright dot under each eye corner's mean is found at the place of the fitted eye."""
    pixels = np.zeros((240, 320, 3), np.uint8)
    x, y = (int(v) for v in MESH.right_eye)
    pixels[y - 2 : y + 3, x - 2 : x + 3] = 255
    crop = align(Picture(pixels), MESH, ARCFACE_112)
    rows, columns = np.nonzero(crop[..., 0] > 100)
    expected = apply(ARCFACE_112.matrix(MESH), MESH.right_eye) - 0.5
    assert np.allclose([columns.mean(), rows.mean()], expected, atol=1)


def test_every_template_has_its_name() -> None:
    assert all(name == template.name for name, template in TEMPLATES.items())
    with pytest.raises(ValueError, match="at least two"):
        AlignmentTemplate(name="x", size=8, landmarks=((1,),), points=((0, 0),))


def test_vectors_have_unit_length_and_are_read_only() -> None:
    vectors = embedder(constant([3, 4, 0, 0], [0, 0, 0, 2])).embed(picture(), [MESH, MESH])
    assert np.allclose(vectors, np.array([[0.6, 0.8, 0, 0], [0, 0, 0, 1]]))
    assert vectors.dtype == np.float32
    assert not vectors.flags.writeable


def test_no_face_gives_no_rows() -> None:
    assert embedder(constant([1, 0, 0, 0])).embed(picture(), []).shape == (0, 4)


@pytest.mark.parametrize(("first", "runs"), [(1, 10), (4, 3), (-1, 2)])
def test_batches_are_those_the_network_takes(first: int, runs: int) -> None:
    model = embedder(random_vectors(1, 4), shape=(first, 3, 112, 112))
    assert model.embed(picture(), [MESH] * 10).shape == (10, 4)
    assert len(asked(model)) == runs


@pytest.mark.parametrize(("layout", "shape"), [("NCHW", (1, 3, 112, 112)), ("NHWC", (1, 112, 112, 3))])
def test_the_tensor_is_as_declared(layout: Literal["NCHW", "NHWC"], shape: tuple[int, ...]) -> None:
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[...] = (255, 128, 0)
    colour = Picture(pixels)
    orders: tuple[tuple[Literal["RGB", "BGR"], list[int]], ...] = (("RGB", [0, 1, 2]), ("BGR", [2, 1, 0]))
    for channels, order in orders:
        model = embedder(constant([1, 0, 0, 0]), layout=layout, shape=shape, channels=channels)
        model.embed(colour, [MESH])
        (tensor,) = asked(model)
        assert tensor.shape == shape
        assert tensor.flags.c_contiguous
        middle = tensor[0, :, 56, 56] if layout == "NCHW" else tensor[0, 56, 56]
        assert np.allclose(middle, (np.array([255, 128, 0])[order] - 127.5) / 128)


def test_an_alignment_nobody_knows_or_of_another_size() -> None:
    with pytest.raises(ManifestError) as caught:
        Embedder(
            StubSession(constant()),
            input_spec=InputSpec(
                name="in", shape=(1, 3, 112, 112), layout="NCHW", channels="RGB", mean=(0.0,), divisor=(1.0,)
            ),
            embedding=EmbeddingSpec(alignment="unheard_of", dimension=4),
        )
    assert caught.value.code == "unknown_alignment"
    with pytest.raises(ManifestError) as caught:
        embedder(constant(), shape=(1, 3, 160, 160))
    assert caught.value.code == "alignment_size_mismatch"


@pytest.mark.parametrize(
    "answer",
    [
        constant([0, 0, 0, 0]),
        constant([np.nan, 0, 0, 1]),
        constant([1, 2, 3]),
        lambda _: (),
    ],
)
def test_a_network_that_gives_no_direction(answer: Answer) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        embedder(answer).embed(picture(), [MESH])
    assert caught.value.code == "model_output_unexpected"


def test_the_length_tells_quality_where_it_is_known() -> None:
    model = embedder(constant([2, 0, 0, 0], [0, 3, 0, 0]), quality=MagnitudeQuality(middle=2.0, width=0.5))
    quality = model.measure(picture(), [MESH, MESH]).quality
    assert quality == pytest.approx([50, 100 / (1 + np.exp(-2))])
    assert embedder(constant([2, 0, 0, 0])).measure(picture(), [MESH]).quality is None


# fusion


@pytest.mark.parametrize("weights", [(1, 1), (3, 1), (0.2, 0.7)])
def test_the_fused_cosine_is_the_weighted_mean_of_cosines(weights: tuple[float, ...]) -> None:
    members = [embedder(random_vectors(i, d), dimension=d, name=f"m{i}") for i, d in enumerate((4, 7))]
    fused = FusedEmbedder(
        "both", "1", [FusionMember(embedder=m, weight=w) for m, w in zip(members, weights, strict=True)]
    )
    alone = [embedder(random_vectors(i, d), dimension=d).embed(picture(), [MESH] * 6) for i, d in enumerate((4, 7))]
    vectors = fused.embed(picture(), [MESH] * 6)
    expected = np.sum([w * (v @ v.T) for v, w in zip(alone, weights, strict=True)], axis=0) / sum(weights)
    assert fused.dimension == vectors.shape[1] == 11
    assert np.allclose(vectors @ vectors.T, expected, atol=1e-6)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_fusion_has_the_quality_of_the_first_member_that_has_one() -> None:
    known = embedder(constant([2, 0, 0, 0]), quality=MagnitudeQuality(middle=2.0, width=0.5))
    unknown = embedder(constant([1, 0, 0, 0]))
    fused = FusedEmbedder("f", "1", [FusionMember(embedder=m, weight=1) for m in (unknown, known)])
    assert fused.measure(picture(), [MESH]).quality == pytest.approx([50])


def test_the_identity_of_a_fusion_covers_members_order_and_weights() -> None:
    a, b = (embedder(constant([1, 0, 0, 0]), name=name) for name in "ab")

    def identity(*parts: tuple[Embedder, float]) -> ModelIdentity:
        return FusedEmbedder("f", "1", [FusionMember(embedder=m, weight=w) for m, w in parts]).identity

    same = identity((a, 1), (b, 1))
    assert same == identity((a, 1), (b, 1))
    assert (same.name, same.version, len(same.digest)) == ("f", "1", 64)
    others = {identity((b, 1), (a, 1)).digest, identity((a, 1), (b, 2)).digest, identity((a, 1)).digest}
    assert same.digest not in others
    assert len(others) == 3


@pytest.mark.parametrize("weights", [(), (1, 0), (1, -1), (1, float("nan")), (float("inf"),)])
def test_a_fusion_without_sense(weights: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="positive weight"):
        FusedEmbedder("f", "1", [FusionMember(embedder=embedder(constant()), weight=w) for w in weights])
