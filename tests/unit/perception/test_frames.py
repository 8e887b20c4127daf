import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.perception.frames import FrameScore, best_frames


def frames(*pairs: tuple[float, float]) -> list[FrameScore]:
    return [FrameScore(time=time, quality=quality) for time, quality in pairs]


def test_the_best_first_and_apart_in_time() -> None:
    film = frames((0.0, 70), (0.03, 90), (0.06, 89), (0.5, 80), (1.0, 60))
    assert best_frames(film, most=3) == (1, 3, 4)


def test_poor_frames_are_left_out_and_near_ones_fill_up() -> None:
    film = frames((0.0, 90), (0.03, 88), (2.0, 20))
    assert best_frames(film, most=3) == (0, 1)


def test_nothing_to_choose() -> None:
    assert best_frames([], most=5) == ()
    assert best_frames(frames((0, 50)), most=0) == ()


@pytest.mark.parametrize("most", [1, 2, 5])
def test_ties_go_to_the_earlier(most: int) -> None:
    assert best_frames(frames((3, 50), (1, 50), (2, 50)), most=most)[0] == 1


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 100)), max_size=40), st.integers(1, 8))
def test_always_the_best_one_each_once_never_too_many(pairs: list[tuple[float, float]], most: int) -> None:
    film = frames(*pairs)
    chosen = best_frames(film, most=most)
    assert len(set(chosen)) == len(chosen) <= most
    if film:
        assert film[chosen[0]].quality == max(frame.quality for frame in film)
