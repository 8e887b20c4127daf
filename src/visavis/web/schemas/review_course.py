"""How a capture went over time, as a reviewer's page plots it."""

from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import ConfigDict, Field

from visavis.service.capture_course import MOST_POINTS, MOST_SPANS, CaptureCourse, Series
from visavis.web.schemas.common import Strict
from visavis.web.schemas.verifications import ToldReason

__all__ = ["ColourShown", "CourseKept", "SpanShown", "WitnessKept"]

_COURSE: Final[Mapping[str, Any]] = {
    "times": [0.0, 0.1, 0.2],
    "series": {"yaw": [0.1, 8.0, 21.4], "closedness": [0.02, None, 0.05]},
    "asked": [{"what": "turn_left", "from_s": 0.1, "until_s": 0.2}],
    "unusable": [],
    "colours": [],
    "counts_from": {"yaw": 15.0},
    "witnesses": [{"witness": "active", "outcome": "pass", "score": 1.0, "reasons": [], "details": {"made": 3}}],
}


class SpanShown(Strict):
    """``what``: a gesture or ``light``, or the code of why no face could be used."""

    what: str = Field(examples=["turn_left"])
    from_s: float = Field(examples=[2.1])
    until_s: float = Field(examples=[3.4])


class ColourShown(Strict):
    """What the screen was asked to show: sRGB, 0 to 255."""

    colour: tuple[int, int, int] = Field(examples=[[255, 64, 64]])
    from_s: float = Field(examples=[6.0])
    until_s: float = Field(examples=[6.4])


class WitnessKept(Strict):
    """One witness of attack detection, with what it measured."""

    witness: str = Field(examples=["structure"])
    outcome: str = Field(examples=["pass"])
    score: float | None = Field(default=None, examples=[0.31])
    operating_point: str | None = Field(default=None, examples=["relief gain >= 0.12 over a turn of 12 degrees"])
    reasons: tuple[ToldReason, ...] = ()
    details: dict[str, Any] = Field(default_factory=dict, examples=[{"pairs": 12, "left_degrees": 23.9}])


class CourseKept(Strict):
    """Numbers over time, and no picture: what a plot needs. Angles are degrees from the holder's own neutral pose."""

    times: tuple[float, ...] = Field(max_length=MOST_POINTS, description="Seconds since the first frame.")
    series: dict[Series, tuple[float | None, ...]] = Field(
        description="By name, a number or null for each of the times. `yaw`: to the holder's left; `pitch`: up;"
        " `closedness`: of the eyes, 0 to 1; `size`: between the eyes, as a share of the picture's width; `skin_red`,"
        " `skin_blue`: log-chromaticity of the skin against what is behind it; `texture`: the passive witness' score."
    )
    asked: tuple[SpanShown, ...] = Field(max_length=MOST_SPANS, description="What was prompted, and when.")
    unusable: tuple[SpanShown, ...] = Field(max_length=MOST_SPANS, description="When no face could be used, and why.")
    colours: tuple[ColourShown, ...] = Field(max_length=MOST_SPANS, description="The colours of the light.")
    counts_from: dict[Series, float] = Field(description="How far a series must go, either way, for its gesture.")
    witnesses: tuple[WitnessKept, ...] = Field(max_length=6, description="All six, in a fixed order.")

    model_config = ConfigDict(json_schema_extra={"examples": [dict(_COURSE)]})

    @classmethod
    def of(cls, course: CaptureCourse) -> Self:
        return cls(
            times=course.times,
            series=dict(course.series),
            asked=tuple(SpanShown(what=item.what, from_s=item.from_s, until_s=item.until_s) for item in course.asked),
            unusable=tuple(
                SpanShown(what=item.what, from_s=item.from_s, until_s=item.until_s) for item in course.unusable
            ),
            colours=tuple(
                ColourShown(colour=item.colour, from_s=item.from_s, until_s=item.until_s) for item in course.colours
            ),
            counts_from=dict(course.counts_from),
            witnesses=tuple(
                WitnessKept(
                    witness=item.witness,
                    outcome=item.outcome,
                    score=item.score,
                    operating_point=item.operating_point,
                    reasons=tuple(ToldReason.of(code) for code in item.reasons),
                    details=dict(item.details),
                )
                for item in course.witnesses
            ),
        )
