"""Quality on a drawn face: each component answers to its own fault, and to no picture of anybody."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from perception_material import head, seen, turned
from visavis.capture.picture import Picture
from visavis.domain.reasons import REASONS
from visavis.perception.acquisition import Face
from visavis.perception.eyes import EyeOpenness
from visavis.perception.pose import HeadPose, PoseEstimator
from visavis.perception.quality import _LIMITS, QualityPurpose, SampleQuality, assess_quality

HEAD = head()
CENTRE = (200.0, 220.0)
SCALE = 14.0


def face(*, px_per_cm: float = SCALE, network: float = 1.0, pose: HeadPose | None = None, x: float = CENTRE[0]) -> Face:
    turn = turned() if pose is None else turned(pose.yaw, pose.pitch, pose.roll)
    mesh = seen(HEAD, turn, centre=(x, CENTRE[1]), px_per_cm=px_per_cm)
    eyes = EyeOpenness(
        left=network, right=network, left_ratio=0.3, right_ratio=0.3, left_network=network, right_network=network
    )
    return Face(
        mesh=mesh,
        pose=pose or PoseEstimator(HEAD).estimate(mesh),
        eyes=eyes,
        box=mesh.box,
        inter_eye_px=mesh.eye_distance,
    )


def drawing(who: Face | None = None) -> NDArray[np.uint8]:
    """Skin with texture at every scale, and two eyes, where ``who`` has them."""
    generator = np.random.default_rng(5)
    pixels = np.full((440, 400), 150.0)
    for sigma, strength in ((0.6, 12), (2, 40), (6, 160), (20, 500)):
        noise = cv2.GaussianBlur(generator.normal(0, 1, pixels.shape), (0, 0), sigma)
        pixels += strength * noise
    mesh = (who or face()).mesh
    for eye in (mesh.left_eye, mesh.right_eye):
        middle = (int(eye[0]), int(eye[1]))
        cv2.ellipse(pixels, middle, (18, 9), 0, 0, 360, 230, -1)
        cv2.circle(pixels, middle, 8, 30, -1)
    return np.repeat(np.clip(pixels, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def jpeg(pixels: NDArray[np.uint8], how_good: int) -> NDArray[np.uint8]:
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, how_good])
    read = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(read, np.uint8)


def quality(pixels: NDArray[np.uint8], who: Face | None = None, **how: object) -> SampleQuality:
    return assess_quality(Picture(pixels), who or face(), **how)  # type: ignore[arg-type] # passed on as they are


def test_a_good_face_has_no_advice() -> None:
    found = quality(drawing())
    assert found.advice == ()
    assert found.blocking == ()
    assert found.unified > 80


def test_every_component_has_its_limits_and_its_text() -> None:
    names = {item.name for item in quality(drawing()).components}
    names |= {item.name for item in quality(drawing(), purpose=QualityPurpose.DOCUMENT_PORTRAIT).components}
    assert names == set(_LIMITS)
    assert all(REASONS[limits.reason].text for limits in _LIMITS.values())


def test_blur_is_seen_and_blocks_however_strong() -> None:
    good = drawing()
    scores = []
    for sigma in (0, 2, 6, 10, 16):
        found = quality(np.asarray(cv2.GaussianBlur(good, (0, 0), sigma), np.uint8) if sigma else good)
        scores.append(found.component("sharpness").score)
        if sigma >= 6:
            assert "low_sharpness" in found.blocking
    assert scores[0] > 95
    assert scores[:4] == sorted(scores[:4], reverse=True)


@pytest.mark.parametrize("share", [0.15, 0.05, 0.0])
def test_darkness_blocks(share: float) -> None:
    found = quality((drawing() * share).astype(np.uint8))
    assert "under_exposed" in found.blocking
    assert "low_contrast" in found.blocking


def test_glare_is_seen() -> None:
    pixels = drawing()
    pixels[150:300, 100:300] = 255
    assert "over_exposed" in quality(pixels).advice


def test_a_bar_over_the_eyes_blocks() -> None:
    pixels = drawing()
    mesh = face().mesh
    top, bottom = int(mesh.left_eye[1]) - 25, int(mesh.left_eye[1]) + 25
    for value in (15, 128, 240):
        pixels[top:bottom, 80:320] = value
        found = quality(pixels, face(network=0.0))
        assert "eyes_covered" in found.blocking


def test_the_light_of_one_colour_blocks_and_grey_does_not() -> None:
    textured = drawing()
    assert quality(textured).component("colour").score == 100
    for channel in range(3):
        lit = np.zeros_like(textured)
        lit[..., channel] = textured[..., channel]
        assert "one_colour" in quality(lit).blocking
        # a warm lamp, or an old print, is no such light
        tinted = textured.copy()
        tinted[..., [i for i in range(3) if i != channel]] //= 2
        assert "one_colour" not in quality(tinted).advice


def test_haze_blocks_and_a_dark_skin_does_not() -> None:
    """Both have few levels; only the haze has little contrast for its light."""
    haze = (drawing() * 0.15 + 110).astype(np.uint8)
    assert "low_contrast" in quality(haze).blocking
    assert quality(haze).component("contrast").score < 50
    assert quality((drawing() * 0.5).astype(np.uint8)).component("contrast").score > 65


def test_few_levels_block() -> None:
    assert "low_contrast" in quality((drawing() // 64 * 64).astype(np.uint8)).blocking


@pytest.mark.parametrize(("block", "compressed"), [(8, False), (12, False), (20, False), (8, True), (20, True)])
def test_a_mosaic_blocks(block: int, compressed: bool) -> None:
    pixels = drawing()
    few = (pixels.shape[1] // block, pixels.shape[0] // block)
    coarse = cv2.resize(pixels, few, interpolation=cv2.INTER_AREA)
    mosaic = cv2.resize(coarse, pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    if compressed:
        mosaic = jpeg(np.asarray(mosaic, np.uint8), 85)
    assert "coarse_blocks" in quality(np.asarray(mosaic, np.uint8)).blocking


def test_small_blocks_and_those_of_jpeg_do_not_matter() -> None:
    """A small portrait, enlarged without smoothing, has its 30 px between the eyes in blocks of 3 px."""
    pixels = drawing()
    small = cv2.resize(pixels, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    enlarged = cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    for changed in (enlarged, jpeg(pixels, 20)):
        assert "coarse_blocks" not in quality(np.asarray(changed, np.uint8)).advice


def test_a_tiny_face_has_no_blocks_to_see() -> None:
    assert quality(drawing(), face(px_per_cm=0.8)).component("blocks").value == 0


@pytest.mark.parametrize(("across", "down", "blocks"), [(1, 1, False), (1, 0.9, False), (1, 0.6, True), (0.6, 1, True)])
@pytest.mark.parametrize("pose", [HeadPose(yaw=0, pitch=0, roll=0), HeadPose(yaw=12, pitch=-6, roll=5)])
def test_a_face_out_of_shape_blocks(pose: HeadPose, across: float, down: float, blocks: bool) -> None:
    whole = face(pose=pose)
    points = (whole.mesh.points * np.array([across, down, (across + down) / 2])).astype(np.float32)
    mesh = type(whole.mesh)(points=points, presence=1.0)
    seen_so = Face(
        mesh=mesh,
        pose=PoseEstimator(HEAD).estimate(mesh),
        eyes=whole.eyes,
        box=mesh.box,
        inter_eye_px=mesh.eye_distance,
    )
    size = (round(400 * across), round(440 * down))
    pixels = np.asarray(cv2.resize(drawing(whole), size, interpolation=cv2.INTER_AREA), np.uint8)
    assert ("stretched" in quality(pixels, seen_so).blocking) == blocks


def test_one_dark_side() -> None:
    pixels = drawing()
    pixels[:, : int(CENTRE[0])] //= 4
    assert "uneven_light" in quality(pixels).advice


@pytest.mark.parametrize(
    ("pose", "reason"),
    [
        (HeadPose(yaw=30, pitch=0, roll=0), "head_turned"),
        (HeadPose(yaw=0, pitch=-30, roll=0), "head_tilted"),
        (HeadPose(yaw=0, pitch=0, roll=30), "head_leaning"),
    ],
)
def test_a_head_that_is_not_straight(pose: HeadPose, reason: str) -> None:
    who = face(pose=pose)
    found = quality(drawing(who), who)
    assert found.advice == (reason,)
    assert found.blocking == ()


def test_a_profile_blocks_and_scores_nothing_beyond_a_quarter_turn() -> None:
    found = quality(drawing(), face(pose=HeadPose(yaw=120, pitch=0, roll=0)))
    assert found.component("pose_yaw").score == 0
    assert "head_turned" in found.blocking


def test_a_document_lies_any_way_round() -> None:
    pose = HeadPose(yaw=0, pitch=0, roll=-88)
    found = quality(drawing(), face(pose=pose), purpose=QualityPurpose.DOCUMENT_PORTRAIT)
    assert found.component("pose_roll").value == pytest.approx(2)
    assert "head_leaning" not in found.advice
    assert "head_leaning" in quality(drawing(), face(pose=pose)).advice


def test_closed_eyes_need_lids_and_network() -> None:
    assert "eyes_closed" not in quality(drawing(), face(network=0)).advice
    shut = face(network=0)
    points = shut.mesh.points.copy()
    for pairs in (((159, 145), (158, 153), (160, 144)), ((386, 374), (385, 380), (387, 373))):
        for upper, lower in pairs:
            points[upper] = points[lower]
    mesh = type(shut.mesh)(points=points, presence=1.0)
    closed = Face(mesh=mesh, pose=shut.pose, eyes=shut.eyes, box=shut.box, inter_eye_px=shut.inter_eye_px)
    assert "eyes_closed" in quality(drawing(), closed).advice


def test_few_px_between_the_eyes() -> None:
    small = face(px_per_cm=2.4)
    assert "low_inter_eye_distance" in quality(drawing(), small).advice


def test_other_faces_count_for_a_probe_alone() -> None:
    others = (face(px_per_cm=SCALE / 2),)
    assert quality(drawing(), others=others).component("single_face").score == pytest.approx(50)
    assert "second_face" in quality(drawing(), others=others).advice
    portrait = quality(drawing(), others=others, purpose=QualityPurpose.DOCUMENT_PORTRAIT)
    with pytest.raises(KeyError):
        portrait.component("single_face")


def test_a_face_at_the_border_is_advised_before_it_is_refused() -> None:
    found = quality(drawing(), face(x=85))
    assert 0.02 < found.component("face_in_picture").value < 0.2
    assert "face_cut_off" in found.advice


def test_a_portraits_background() -> None:
    plain, wild = drawing(), drawing()
    plain[:] = 200
    wild[:] = np.random.default_rng(1).integers(0, 256, (110, 100, 1), np.uint8).repeat(4, 0).repeat(4, 1)
    scores = [
        quality(pixels, purpose=QualityPurpose.DOCUMENT_PORTRAIT).component("background_uniformity").score
        for pixels in (plain, wild)
    ]
    assert scores[0] > 95
    assert scores[1] < 75


def test_advice_comes_worst_first() -> None:
    pixels = (drawing() * 0.05).astype(np.uint8)
    found = quality(pixels, face(pose=HeadPose(yaw=25, pitch=0, roll=0)))
    scores = {item.reason: item.score for item in found.components if item.reason}
    assert [scores[code] for code in found.advice] == sorted(scores.values())
    assert set(found.blocking) <= set(found.advice)


def test_the_embedding_has_the_word_on_unified_quality() -> None:
    assert quality(drawing(), recognition=42.0).unified == 42
    assert quality(drawing(), recognition=None).unified != 42
