"""Quotas by a cell rate: bursts up to the whole, an even return, and a bounded memory."""

from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.web.rates import Quota, RateLimiter


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@settings(max_examples=50)
@given(
    amount=st.integers(1, 50),
    window=st.integers(1, 600),
    gaps=st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=200),
)
def test_no_window_sees_more_than_twice_the_quota_and_a_patient_one_is_never_refused(
    amount: int, window: int, gaps: list[float]
) -> None:
    time, quota = Time(), Quota(name="q", amount=amount, window=window)
    limiter = RateLimiter(time)
    admitted: list[float] = []
    for gap in gaps:
        time.now += gap
        found = limiter.take(quota, "a")
        if found.admitted:
            admitted.append(time.now)
            assert 0 <= found.remaining < amount
        else:
            assert found.reset >= 1
            time.now += found.reset
            assert limiter.take(quota, "a").admitted
            admitted.append(time.now)
    for place, begin in enumerate(admitted):
        within = [moment for moment in admitted[place:] if moment < begin + window - 1e-3]
        # a whole quota at once, and what came back meanwhile
        assert len(within) <= 2 * amount


def test_quotas_of_two_names_do_not_mix() -> None:
    limiter = RateLimiter(Time())
    assert limiter.take(Quota(name="one", amount=1, window=60), "a").admitted
    assert limiter.take(Quota(name="two", amount=1, window=60), "a").admitted


def test_no_more_subjects_are_remembered_than_allowed_and_whole_quotas_are_forgotten() -> None:
    time = Time()
    limiter, quota = RateLimiter(time, most_subjects=10), Quota(name="q", amount=1, window=60)
    for number in range(100):
        limiter.take(quota, str(number))
    assert len(limiter._full_at) == 10
    assert not limiter.take(quota, "99").admitted
    time.now += 61
    for number in range(8):
        limiter.take(quota, f"later {number}")
    assert set(limiter._full_at) == {("q", f"later {number}") for number in range(8)}
