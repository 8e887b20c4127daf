"""How evidence is said: for programs as JSON, for people in a few plain lines."""

from collections.abc import Iterable, Mapping
from typing import Final

import click

from visavis.comparison.calibration import rate_text
from visavis.domain.evidence import Evidence, Outcome
from visavis.domain.reasons import reason
from visavis.perception.quality import SampleQuality
from visavis.service.samples import Sample

__all__ = ["COLOURS", "advice_lines", "evidence_json", "evidence_line", "reasons_json", "sample_json", "sample_lines"]

COLOURS: Final[Mapping[str, str]] = {
    Outcome.PASS: "green",
    Outcome.FAIL: "red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_MEASURED: "bright_black",
}

COMMON: Final = 1e-2
"""From here on people read a rate as per cent."""


def reasons_json(codes: Iterable[str]) -> list[dict[str, str]]:
    return [{"code": item.code, "text": item.text, "advice": item.advice} for item in map(reason, codes)]


def evidence_json(evidence: Evidence) -> dict[str, object]:
    return {
        "check": str(evidence.check),
        "outcome": str(evidence.outcome),
        "score": None if evidence.score is None else round(evidence.score, 6),
        "operating_point": evidence.operating_point,
        "reasons": reasons_json(evidence.reasons),
        "details": dict(evidence.details),
    }


def sample_json(sample: Sample, file: str) -> dict[str, object]:
    """One side. ``file`` is its own name, as the caller knows it."""
    return {
        "file": file,
        "acquired": sample.template is not None,
        "reasons": reasons_json([*([sample.reason] if sample.reason else []), *sample.notes]),
        "frames": sample.frames,
        "frames_used": sample.frames_used,
        "quality": None if sample.quality is None else _quality_json(sample.quality),
    }


def _quality_json(quality: SampleQuality) -> dict[str, object]:
    return {
        "unified": round(quality.unified, 1),
        "components": {item.name: round(item.score, 1) for item in quality.components},
        "advice": reasons_json(quality.advice),
    }


def sample_lines(sample: Sample, file: str) -> list[str]:
    """One side in one line, and a line for each thing that could be better."""
    if sample.quality is None:
        lines = [f"{file}: not usable"]
    else:
        used = f", best {sample.frames_used} of {sample.frames} frames" if sample.frames_used > 1 else ""
        lines = [f"{file}: quality {sample.quality.unified:.0f} of 100{used}"]
    codes = [*([sample.reason] if sample.reason else []), *sample.notes]
    if sample.quality is not None:
        codes += sample.quality.advice
    return lines + advice_lines(codes)


def advice_lines(codes: Iterable[str]) -> list[str]:
    return [f"  - {item.text} {item.advice}".rstrip() for item in map(reason, dict.fromkeys(codes))]


def evidence_line(evidence: Evidence) -> str:
    """``check  outcome  score  operating point  reasons``, in columns."""
    score = (
        ""
        if evidence.score is None
        else f"{evidence.score:.3f}"
        if abs(evidence.score) <= 1
        else f"{evidence.score:.0f}"
    )
    mark = click.style(f"{evidence.outcome.value:<13}", fg=COLOURS[evidence.outcome])
    point = evidence.operating_point or ""
    return f"  {evidence.check.value:<26}{mark}{score:>7}  {point:<26}{', '.join(evidence.reasons)}".rstrip()


def fmr_words(evidence: Evidence) -> str:
    """What the score means, from the evidence's own details."""
    details = evidence.details
    upper = details.get("fmr_upper_95")
    if not isinstance(upper, float):
        return ""
    if details.get("fmr_above"):
        return f"more than {_share(float(details['fmr'] or 0))} of different people score as high"
    return f"at most {_share(upper)} of different people score as high (95 % bound)"


def _share(rate: float) -> str:
    return f"{100 * rate:.3g} %" if rate >= COMMON else rate_text(rate)
