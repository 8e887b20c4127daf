import numpy as np
import pytest

from perception_material import Answer, StubSession, picture
from visavis.capture.picture import Picture
from visavis.errors import ModelInvalidError
from visavis.perception.detector import BACK_RANGE, SHORT_RANGE, DetectorOptions, FaceDetector, anchor_centres
from visavis.perception.geometry import Region
from visavis.perception.session import FloatTensor

EYES = np.array([[-0.2, -0.1], [0.2, -0.1], [0, 0.1], [0, 0.25], [-0.4, 0], [0.4, 0]])
"""Keypoints about the centre of a face, in sides of its box."""


def answer_with(*faces: tuple[float, float, float, float]) -> Answer:
    """A network's answer that shows ``faces``: (x, y, side) in px of its input, with a logit each."""
    anchors = anchor_centres(256, BACK_RANGE.grids)

    def answer(tensor: FloatTensor) -> tuple[FloatTensor, ...]:
        assert tensor.shape == (1, 256, 256, 3)
        assert tensor.dtype == np.float32
        boxes = np.zeros((1, len(anchors), 16), np.float32)
        scores = np.full((1, len(anchors), 1), -20, np.float32)
        for number, (x, y, side, logit) in enumerate(faces):
            index = int(np.argsort(np.hypot(*(anchors - [x, y]).T))[number])
            places = np.vstack([[x, y], [side, side], EYES * side + [x, y]])
            places[0] -= anchors[index]
            places[2:] -= anchors[index]
            boxes[0, index], scores[0, index] = places.ravel(), logit
        return boxes, scores

    return answer


@pytest.mark.parametrize("options", [BACK_RANGE, SHORT_RANGE])
def test_there_are_896_anchors_in_the_middle_of_their_cells(options: DetectorOptions) -> None:
    anchors = anchor_centres(options.input_size, options.grids)
    stride, count = options.grids[0]
    assert anchors.shape == (896, 2)
    assert np.allclose(anchors[0], stride / 2)
    assert np.allclose(anchors[count], [1.5 * stride, stride / 2])
    assert anchors.min() > 0
    assert anchors.max() < options.input_size


@pytest.mark.parametrize(("width", "height"), [(512, 512), (1024, 512), (256, 1024), (100, 60)])
def test_a_face_comes_back_in_px_of_the_picture(width: int, height: int) -> None:
    # in the letterboxed input the picture's centre is the input's centre
    detector = FaceDetector(StubSession(answer_with((128, 128, 40, 5))))
    (found,) = detector.detect(picture(width, height))
    scale = max(width, height) / 256
    assert np.allclose(found.box.centre, (width / 2, height / 2), atol=0.3 * scale)
    assert found.box.width == pytest.approx(40 * scale, rel=0.02)
    assert np.allclose(found.keypoints, EYES * 40 * scale + [width / 2, height / 2], atol=0.3 * scale)
    assert found.score == pytest.approx(1 / (1 + np.exp(-5)))
    assert not found.keypoints.flags.writeable


def test_padding_is_mid_grey_and_pixels_are_scaled() -> None:
    session = StubSession(answer_with())
    assert FaceDetector(session).detect(picture(512, 256, value=255)) == ()
    (tensor,) = session.asked
    assert tensor[0, 128, 128] == pytest.approx(1)
    assert tensor[0, 10, 10] == pytest.approx(0)


def test_hits_on_one_face_become_their_weighted_mean() -> None:
    detector = FaceDetector(StubSession(answer_with((100, 100, 40, 3), (104, 100, 40, 0))))
    (found,) = detector.detect(picture(256, 256))
    scores = 1 / (1 + np.exp(-np.array([3.0, 0])))
    assert found.box.centre[0] == pytest.approx((100 * scores[0] + 104 * scores[1]) / scores.sum(), abs=0.01)
    assert found.score == pytest.approx(scores[0])


def test_two_faces_stay_two_the_surest_first() -> None:
    found = FaceDetector(StubSession(answer_with((60, 60, 40, 1), (180, 180, 40, 4)))).detect(picture(256, 256))
    assert [round(item.box.centre[0]) for item in found] == [180, 60]


def test_a_hit_under_the_threshold_is_none() -> None:
    assert FaceDetector(StubSession(answer_with((60, 60, 40, -1)))).detect(picture(256, 256)) == ()


def test_a_small_picture_is_one_tile_and_a_large_one_several_sizes() -> None:
    detector = FaceDetector(StubSession(answer_with()))
    assert detector.tile_sides(picture(640, 480)) == (640,)
    assert detector.tile_sides(picture(4000, 3000)) == (4000, 1024)
    assert detector.tile_sides(picture(10_000, 10)) == (10_000, 2500, 1024)


def test_tiles_cover_the_picture_and_overlap() -> None:
    session = StubSession(answer_with((128, 128, 30, 5)))
    found = FaceDetector(session).detect(picture(2048, 1024), tile=1024)
    # one face in the middle of each tile: their places tell where the tiles are
    lefts = sorted({round(item.box.centre[0] - 512) for item in found})
    assert len(session.asked) == 3
    assert lefts == [0, 512, 1024]


def test_tiles_that_share_little_are_fewer() -> None:
    session = StubSession(answer_with())
    FaceDetector(session).detect(picture(4000, 3000), tile=1664, overlap=0.12)
    assert len(session.asked) == 6


@pytest.mark.parametrize("size", [(3001, 1999), (4096, 2049)])
def test_a_large_picture_is_halved_without_moving_anything(size: tuple[int, int]) -> None:
    """The network's input is that of one smooth reduction."""
    width, height = size
    pixels = np.repeat(np.linspace(0, 255, width)[None, :, None], height, axis=0).repeat(3, axis=2).astype(np.uint8)
    session = StubSession(answer_with())
    FaceDetector(session).detect(Picture(pixels))
    row = session.asked[0][0, 128, :, 0]
    assert np.abs(row - np.linspace(-1, 1, 256)).max() < 0.03


def test_the_work_is_bounded() -> None:
    session = StubSession(answer_with())
    FaceDetector(session).detect(picture(9000, 9000), tile=300)
    assert 1 < len(session.asked) <= BACK_RANGE.most_tiles


def test_a_turned_region_gives_places_in_the_picture() -> None:
    detector = FaceDetector(StubSession(answer_with((192, 128, 64, 5))))
    (found,) = detector.detect_in(picture(400, 400), Region(200, 200, 256, np.pi / 2))
    # right in the crop is down in the picture
    assert np.allclose(found.box.centre, (200, 264), atol=0.1)
    right, left = found.keypoints[:2]
    assert left[1] - right[1] == pytest.approx(0.4 * 64, abs=0.1)


@pytest.mark.parametrize(
    "outputs",
    [
        (np.zeros((1, 896, 16), np.float32),),
        (np.zeros((1, 800, 16), np.float32), np.zeros((1, 896, 1), np.float32)),
        (np.zeros((1, 896, 16), np.float32), np.zeros((1, 800, 1), np.float32)),
    ],
)
def test_another_network_is_refused(outputs: tuple[FloatTensor, ...]) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        FaceDetector(StubSession(lambda _: outputs)).detect(picture())
    assert caught.value.code == "model_output_unexpected"
