"""How sure a measured error rate is, from both sides.

The bounds hold for independent trials. Pairs that share a picture or a person are not independent, so a report puts
the spread over people (`visavis.evaluation.bootstrap`) beside them.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from visavis.comparison.bounds import clopper_pearson_upper, upper_bound_95

__all__ = ["Rate", "clopper_pearson", "rate", "wilson"]

SIDE: Final = 0.975
"""Confidence of each side of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """``errors`` among ``trials``; ``value`` in 0..1 with its 95 % Clopper-Pearson bounds.

    With no trial there is no rate: ``value`` is None, and the bounds are 0 and 1.
    """

    errors: int
    trials: int
    value: float | None
    lower_95: float
    upper_95: float


def clopper_pearson(errors: int, trials: int) -> tuple[float, float]:
    """Bounds of a proportion that never cover less than 95 % (Clopper and Pearson, Biometrika 26, 1934).

    Two-sided; where no trial (or every trial) was an error the one open side takes the whole of the doubt, which is the
    rule of 3 (ISO/IEC 19795-1:2021, annex B). Raises ValueError unless 0 <= errors <= trials.
    """
    if not 0 <= errors <= trials:
        raise ValueError(f"{errors} errors among {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    if errors == 0:
        return 0.0, upper_bound_95(0, trials)
    if errors == trials:
        return 1.0 - upper_bound_95(0, trials), 1.0
    return (
        1.0 - clopper_pearson_upper(trials - errors, trials, confidence=SIDE),
        clopper_pearson_upper(errors, trials, confidence=SIDE),
    )


def wilson(errors: int, trials: int) -> tuple[float, float]:
    """Bounds of a proportion that cover 95 % on average; narrower than `clopper_pearson` for few errors.

    Wilson, Journal of the American Statistical Association 22, 1927. Raises ValueError unless 0 <= errors <= trials.
    """
    if not 0 <= errors <= trials:
        raise ValueError(f"{errors} errors among {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(SIDE)
    share = errors / trials
    scale = 1.0 + z * z / trials
    centre = (share + z * z / (2.0 * trials)) / scale
    spread = z * (share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)) ** 0.5 / scale
    return max(0.0, centre - spread), min(1.0, centre + spread)


def rate(errors: int, trials: int) -> Rate:
    """A proportion with its bounds. Raises ValueError unless 0 <= errors <= trials."""
    lower, upper = clopper_pearson(errors, trials)
    return Rate(
        errors=errors,
        trials=trials,
        value=errors / trials if trials else None,
        lower_95=lower,
        upper_95=upper,
    )
