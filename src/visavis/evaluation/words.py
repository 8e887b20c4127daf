"""Figures as people read them, the same in the terminal, the page and the documentation."""

from visavis.evaluation.bounds import Rate

__all__ = ["bounds", "count", "number", "percent"]


def percent(value: float | None) -> str:
    """Two or three digits that matter: ``5.51 %``, ``0.0100 %``; a dash where there is no figure."""
    if value is None:
        return "–"
    shown = value * 100
    if shown == 0 or shown >= 1:
        return f"{shown:.2f} %"
    return f"{shown:#.3g} %" if shown >= 1e-4 else f"{shown:.1e} %"


def bounds(value: Rate | tuple[float, float]) -> str:
    low, high = (value.lower_95, value.upper_95) if isinstance(value, Rate) else value
    return f"{percent(low)} to {percent(high)}"


def count(value: int) -> str:
    return f"{value:,}"


def number(value: float) -> str:
    """A score or threshold."""
    return f"{value:.4f}"
