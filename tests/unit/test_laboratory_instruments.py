"""Sheets, displays and streams: where they lie, how they answer light, and what their clock says."""

import random
from dataclasses import replace
from itertools import islice, pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from surfaces import noise_texture
from visavis.capture.picture import RgbImage
from visavis.evaluation.laboratory.cards import FOCAL_PX, Card, CardPose, printed
from visavis.evaluation.laboratory.conditions import draw_conditions
from visavis.evaluation.laboratory.motion import Look
from visavis.evaluation.laboratory.prints import EyeHoles, HeldPrint, Tilt
from visavis.evaluation.laboratory.screens import HeldScreen, StillSubject
from visavis.evaluation.laboratory.stage import Cue
from visavis.evaluation.laboratory.streams import InjectedChannel, StreamOptions, clean_stream, draw_forged_stream

Numbers = NDArray[np.float64]
WHITE = (255, 255, 255)
POSES = [
    CardPose(),
    CardPose(yaw=35.0, x_cm=2.0, y_cm=-1.0),
    CardPose(pitch=-30.0, roll=8.0, distance_cm=45.0),
]


def marked(at: tuple[int, int], size: tuple[int, int] = (300, 400)) -> RgbImage:
    """Black paper of ``size`` (width, height) with a white spot at a pixel."""
    paper = np.zeros((size[1], size[0], 3), np.uint8)
    paper[at[1] - 3 : at[1] + 4, at[0] - 3 : at[0] + 4] = 255
    return paper


def spot(picture: RgbImage) -> Numbers:
    """Its middle of mass, px, a pixel's centre at .5."""
    weight = picture[..., 0].astype(np.float64)
    rows, columns = np.indices(weight.shape)
    middle = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum() + 0.5
    return np.asarray(middle, np.float64)


def seen_by_hand(x: float, y: float, yaw: float, pose: CardPose) -> Numbers:
    """(x, y) cm of a flat sheet that is only turned about its upright axis, through a pinhole."""
    turn = np.radians(yaw)
    right, near = x * np.cos(turn), -x * np.sin(turn)
    depth = pose.distance_cm - near
    return np.array([320 + FOCAL_PX * (right + pose.x_cm) / depth, 240 - FOCAL_PX * (y + pose.y_cm) / depth])


class TestCard:
    def test_a_flat_sheet_lies_where_a_pinhole_sees_it(self) -> None:
        card, pose = Card(width_cm=20, height_cm=26), CardPose(yaw=35.0, x_cm=2.0, y_cm=-1.0)
        corners = np.array([[-10.0, 13.0], [10.0, 13.0], [10.0, -13.0], [-10.0, -13.0]])

        expected = [seen_by_hand(x, y, 35.0, pose) for x, y in corners.tolist()]

        assert np.allclose(card.project(corners, pose), expected, atol=1e-9)

    @pytest.mark.parametrize("pose", POSES)
    def test_its_homography_is_exact(self, pose: CardPose) -> None:
        card = Card(width_cm=20, height_cm=26)
        texture = np.zeros((400, 300, 3), np.uint8)
        at = np.array([[0.0, 0.0], [300.0, 0.0], [300.0, 400.0], [0.0, 400.0], [111.0, 222.0]])
        cm = (at / [300, 400] - 0.5) * [20, -26]

        found = cv2.perspectiveTransform(at[None] - 0.5, card.homography(texture, pose))[0] + 0.5

        assert np.allclose(found, card.project(cm, pose), atol=1e-6)

    @pytest.mark.parametrize("pose", POSES)
    @pytest.mark.parametrize("bend", [0.0, 0.03, -0.03])
    def test_what_is_on_it_is_drawn_where_it_lies(self, bend: float, pose: CardPose) -> None:
        card = Card(width_cm=20, height_cm=26, bend=bend)
        scene = np.zeros((480, 640, 3), np.uint8)

        card.draw(scene, marked((220, 120)), pose)

        cm = (np.array([[220.5, 120.5]]) / [300, 400] - 0.5) * [20, -26]
        assert np.allclose(spot(scene), card.project(cm, pose)[0], atol=0.8)

    def test_a_sheet_that_is_hardly_bent_is_nearly_flat(self) -> None:
        flat, bent = (np.zeros((480, 640, 3), np.uint8) for _ in range(2))
        texture = cv2.GaussianBlur(noise_texture(1, side=300), (0, 0), 4)

        Card(width_cm=20, height_cm=20).draw(flat, np.asarray(texture, np.uint8), POSES[1])
        Card(width_cm=20, height_cm=20, bend=2e-5).draw(bent, np.asarray(texture, np.uint8), POSES[1])

        inside = np.s_[160:320, 270:390]
        assert np.abs(flat[inside].astype(int) - bent[inside]).mean() < 1.5

    def test_bending_leaves_the_length_of_paper(self) -> None:
        card = Card(width_cm=20, height_cm=20, bend=0.04)
        along = np.linspace(-10, 10, 401)
        far = CardPose(distance_cm=1e6)
        across = (card.project(np.column_stack([along, 0 * along]), far)[:, 0] - 320) * far.distance_cm / FOCAL_PX
        lengths = np.hypot(np.diff(across), np.diff(-0.04 * across**2))

        assert lengths.sum() == pytest.approx(20, abs=0.01)

    def test_the_room_stays_beside_it(self) -> None:
        scene = np.full((480, 640, 3), 77, np.uint8)
        Card(width_cm=10, height_cm=12, bend=0.03).draw(scene, np.full((120, 100, 3), 200, np.uint8), CardPose())

        assert set(np.unique(scene[:100])) == {77}
        assert scene[240, 320, 0] == 200

    def test_ink_has_less_contrast_than_what_it_shows(self) -> None:
        ramp = np.repeat(np.linspace(0, 255, 256).astype(np.uint8)[None, :, None], 40, axis=0).repeat(3, axis=2)
        paper = printed(ramp, random.Random(1))

        assert paper[..., 1].min() > 40
        assert paper[..., 1].max() < 250
        bordered = printed(ramp, random.Random(1), border_px=5)
        assert bordered[:4].mean() > 200


def answer(subject: HeldPrint | HeldScreen) -> NDArray[np.float64]:
    """(480, 640): how much more light comes back from each place while the screen is white; powers of 2.2."""
    dark = subject.scene(Cue(time_s=1.0)).astype(float)
    lit = subject.scene(Cue(time_s=1.0, colour=WHITE)).astype(float)
    return np.asarray(((lit + 0.5) / (dark + 0.5)) ** 2.2 - 1)[..., 1]


def held(rng: random.Random, *, share: float, gloss: float = 0.02) -> HeldPrint:
    conditions = draw_conditions(rng)
    conditions = replace(conditions, return_share=share, ambient_gradient=0.0)
    grey = np.full((480, 400, 3), 128, np.uint8)
    points = np.zeros((468, 3))
    points[:, :2] = [200, 200]
    return HeldPrint(
        Card(width_cm=25, height_cm=30),
        grey,
        points,
        tilt=Tilt(turn=20, look=20),
        distance_cm=36,
        gloss=gloss,
        conditions=conditions,
        rng=rng,
    )


def test_a_print_answers_light_flat_and_the_wall_behind_it_little() -> None:
    gain = answer(held(random.Random(3), share=0.2))
    face = gain[200:280, 260:380]

    assert 0.1 < face.mean() < 0.26
    assert face.std() < 0.15 * face.mean()
    assert gain[200:280, :60].mean() < 0.3 * face.mean()


def test_a_display_answers_light_weakly_all_over() -> None:
    rng = random.Random(3)
    conditions = draw_conditions(rng)
    conditions = replace(conditions, return_share=0.2, ambient_gradient=0.0)
    screen = HeldScreen(
        StillSubject(np.full((480, 640, 3), 128, np.uint8)), eye_px=84.0, conditions=conditions, rng=rng
    )
    gain = cv2.blur(answer(screen), (15, 15))
    panel = gain[140:340:50, 220:420:50]

    assert 0.01 * 0.2 < panel.mean() < 0.5 * 0.2
    assert np.ptp(panel) < 0.8 * panel.mean()


def test_a_display_is_in_the_picture_and_the_size_of_a_face() -> None:
    rng = random.Random(5)
    eyes = np.zeros((480, 640, 3), np.uint8)
    eyes[235:246, [*range(273, 284), *range(357, 368)]] = 255
    screen = HeldScreen(StillSubject(eyes), eye_px=84.0, conditions=draw_conditions(rng), rng=rng)

    bright = np.argwhere(screen.scene(Cue(time_s=0.0))[150:330, 150:490, 0] > 180)
    spread = bright[:, 1].max() - bright[:, 1].min()

    assert 60 < spread < 120


def test_living_eyes_close_behind_their_holes_and_nothing_else_changes() -> None:
    points = np.random.default_rng(1).uniform(150, 250, (468, 3))
    for outer, inner, x in ((33, 133, 140.0), (263, 362, 260.0)):
        points[[outer, inner], :2] = [[x - 20, 200], [x + 20, 200]]
    for upper, lower, x in (
        ((246, 161, 160, 159, 158, 157, 173), (7, 163, 144, 145, 153, 154, 155), 140.0),
        ((466, 388, 387, 386, 385, 384, 398), (249, 390, 373, 374, 380, 381, 382), 260.0),
    ):
        across = np.linspace(-15, 15, 7) * (-1 if x > 200 else 1)
        points[list(upper), :2] = np.column_stack([x + across, 194 + across**2 / 60])
        points[list(lower), :2] = np.column_stack([x + across, 206 - across**2 / 60])
    picture = np.asarray(noise_texture(4, side=480)[:, 40:440], np.uint8)
    holes = EyeHoles(picture, points, depth_cm=0.6, px_per_cm=14.0)
    paper = printed(picture, random.Random(2))

    opened, shut = holes.seen(paper, Look(), CardPose()), holes.seen(paper, Look(left=1, right=1), CardPose())
    rows, columns = np.nonzero((opened.astype(int) - shut).any(axis=2))

    assert len(rows) > 200
    assert 175 < rows.min() <= rows.max() < 225
    assert (np.minimum(np.abs(columns - 140), np.abs(columns - 260)) < 35).all()
    turned = holes.seen(paper, Look(), CardPose(yaw=30))
    assert (turned[180:220, 120:280] != opened[180:220, 120:280]).any()
    assert (turned[:150] == opened[:150]).all()


class TestInjectedChannel:
    def test_a_perfect_clock_is_perfect(self) -> None:
        conditions = draw_conditions(random.Random(1))
        times = list(islice(InjectedChannel(clean_stream(conditions), random.Random(1)).times(), 50))

        assert np.allclose(np.diff(times), 1 / conditions.rate_hz)

    def test_a_forged_one_jitters_and_never_goes_back(self) -> None:
        options = draw_forged_stream(draw_conditions(random.Random(1)), random.Random(2))
        times = list(islice(InjectedChannel(options, random.Random(1)).times(), 400))

        assert all(later > earlier for earlier, later in pairwise(times))
        assert 0.5 * options.jitter_s < np.diff(times).std() < 2 * options.jitter_s

    def test_forged_noise_is_new_in_every_frame_and_the_same_for_the_same_seed(self) -> None:
        scene = np.full((480, 640, 3), 120, np.uint8)
        options = StreamOptions(noise=3.0, jitter_s=0.004)

        def frames() -> list[bytes]:
            channel = InjectedChannel(options, random.Random(4))
            return [channel.deliver(scene, time).data for time in islice(channel.times(), 3)]

        one, two = frames(), frames()

        assert one == two
        assert len(set(one)) == 3
        decoded = cv2.imdecode(np.frombuffer(one[0], np.uint8), cv2.IMREAD_COLOR)
        assert 0.5 < float(np.std(np.asarray(decoded, np.float64))) < 4

    def test_frames_arrive_after_their_capture_in_order(self) -> None:
        channel = InjectedChannel(StreamOptions(network_s=0.05), random.Random(4))
        scene = np.zeros((480, 640, 3), np.uint8)
        frames = [channel.deliver(scene, time) for time in islice(channel.times(), 30)]

        assert all(frame.arrived_s > frame.captured_s for frame in frames)
        assert all(b.arrived_s > a.arrived_s for a, b in pairwise(frames))
