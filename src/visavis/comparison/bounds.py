"""How far an error rate may truly lie above the one that was counted.

Pure Python: `visavis.decision` reads calibrations, and imports no numerical library.

Method
    1. The exact one-sided upper bound of Clopper and Pearson is the rate p at which seeing k errors or fewer in n
       trials has probability 1 - confidence: P(X <= k; n, p) = 1 - confidence, X binomial.
    2. P(X <= k) is the probability of k itself times a sum of falling, positive ratios, so nothing cancels.
    3. The probability of k comes from Loader's saddle-point form, exact to a few units of the last place for any n.
    4. The root is found on log P, by Newton's step held inside a bracket.

Sources
    Clopper, Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the binomial";
    Loader (2000), "Fast and accurate computation of binomial probabilities"; Hanley, Lippman-Hand (1983), "If nothing
    goes wrong, is everything all right?" (the rule of 3); ISO/IEC 19795-1:2021 annex B.

All of it takes the trials as independent. Comparisons that share a person or a picture are not: a calibration says so
in its ``dependence`` note, and its bounds are then somewhat too narrow.
"""

import math
from typing import Final

__all__ = ["clopper_pearson_upper", "trials_needed", "upper_bound_95"]

MAX_TRIALS: Final = 10**12
SMALLEST_TERM: Final = 1e-18
MAX_STEPS: Final = 200
RULE_OF_3_FROM: Final = 30


def upper_bound_95(errors: int, trials: int) -> float:
    """The one-sided 95 % upper bound of an error rate, 0..1, from ``errors`` seen in ``trials``.

    Where no error was seen in 30 trials or more it is the rule of 3, ``3 / trials``: a hair above the exact bound, and
    widely known.
    Raises ValueError unless ``0 <= errors <= trials`` and ``1 <= trials <= 10**12``.
    """
    if errors == 0 and RULE_OF_3_FROM <= trials <= MAX_TRIALS:
        return 3.0 / trials
    return clopper_pearson_upper(errors, trials, confidence=0.95)


def trials_needed(rate: float) -> int:
    """How many trials without one error support a rate, by the rule of 3."""
    return math.ceil(round(3.0 / rate, 6))


def clopper_pearson_upper(errors: int, trials: int, *, confidence: float) -> float:
    """The exact one-sided upper bound, 0..1: the ``confidence`` quantile of Beta(errors + 1, trials - errors).

    Raises ValueError for counts or a confidence out of range.
    """
    if not 0 <= errors <= trials or not 1 <= trials <= MAX_TRIALS:
        raise ValueError(f"{errors} errors in {trials} trials cannot be")
    if not 0.5 <= confidence < 1.0:
        raise ValueError("a confidence lies from 0.5 to just below 1")
    if errors == trials:
        return 1.0
    log_alpha = math.log1p(-confidence)
    if errors == 0:
        return -math.expm1(log_alpha / trials)
    low, high = errors / trials, 1.0
    rate = _first_guess(errors, trials)
    for _ in range(MAX_STEPS):
        log_point, total = _log_point(errors, trials, rate), _tail_sum(errors, trials, rate)
        miss = log_point + math.log(total) - log_alpha
        if miss > 0:
            low = rate
        else:
            high = rate
        # d log P / dp = -(n - k) / ((1 - p) S), because dP/dp = -n b(k; n - 1, p)
        step = miss * (1.0 - rate) * total / (trials - errors)
        if abs(step) <= 1e-14 * rate:
            return rate
        following = rate + step
        rate = following if low < following < high else 0.5 * (low + high)
    return high


def _first_guess(errors: int, trials: int) -> float:
    """Wilson's score bound: close enough that a few steps suffice."""
    z_squared = 1.6448536269514722**2
    share = errors / trials
    centre = share + z_squared / (2 * trials)
    spread = math.sqrt(z_squared * (share * (1 - share) / trials + z_squared / (4 * trials**2)))
    guess = (centre + spread) / (1 + z_squared / trials)
    return min(max(guess, share * (1 + 1e-12)), 1 - 1e-12)


def _tail_sum(errors: int, trials: int, rate: float) -> float:
    """P(X <= k) / P(X = k). The ratios are below one, since ``rate`` is above errors / trials."""
    odds = (1.0 - rate) / rate
    term = total = 1.0
    for below in range(errors, 0, -1):
        term *= below * odds / (trials - below + 1)
        total += term
        if term < SMALLEST_TERM * total:
            break
    return total


def _log_point(errors: int, trials: int, rate: float) -> float:
    """The logarithm of P(X = k), for 0 < k < n (Loader 2000, equation 3)."""
    rest = trials - errors
    return (
        _stirling_error(trials)
        - _stirling_error(errors)
        - _stirling_error(rest)
        - _deviance(errors, trials * rate)
        - _deviance(rest, trials * (1.0 - rate))
        + 0.5 * math.log(trials / (2.0 * math.pi * errors * rest))
    )


def _stirling_error(count: int) -> float:
    """The logarithm of n! less Stirling's formula for it."""
    if count < 16:
        return math.lgamma(count + 1.0) - ((count + 0.5) * math.log(count) - count + 0.5 * math.log(2 * math.pi))
    inverse = 1.0 / count
    square = inverse * inverse
    return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))))


def _deviance(count: float, mean: float) -> float:
    """Loader's bd0: x log(x / m) + m - x, without the loss of digits near x = m."""
    gap = count - mean
    if abs(gap) >= 0.1 * (count + mean):
        return count * math.log(count / mean) - gap
    ratio = gap / (count + mean)
    total = gap * ratio
    term = 2.0 * count * ratio
    for index in range(1, 1000):
        term *= ratio * ratio
        following = total + term / (2 * index + 1)
        if following == total:
            break
        total = following
    return total
