"""From a score to an error rate, and back: what one model did on one named data set.

A policy asks for a false match rate; only here does that become a threshold. A calibration file is TOML, written by
`visavis evaluate comparison` and read by people before it is put in place::

    format = 1

    # threshold, false matches at or above it, false non-matches below it
    curve = [
        [0.1, 250012, 3],
        [0.35, 7120, 101],
        [0.6123, 0, 998],
    ]

    [model]
    name = "some_model"                 # of the manifest; templates of any other are refused
    version = "1"
    digest = "<SHA-256 of the file that was loaded, 64 lower-case hexadecimal digits>"

    [data]
    name = "LFW folds 1-5"
    description = "What the pictures are, how they were chosen, and what was left out."
    date = 2026-11-22                   # the day of the measurement
    images = 3811                       # pictures that gave a template
    identities = 2086                   # people in them
    genuine_trials = 4414               # pairs of one person
    impostor_trials = 7255541           # pairs of two people
    dependence = "All pairs of the pictures: trials share people and pictures, so the bounds are too narrow."

A pair matches where its score is at or above the threshold. Thresholds rise strictly; false matches never rise, false
non-matches never fall. 60 to 200 points are plenty: choose them where the false match count changes by a tenth or so,
and end on a point of no or few false matches, since the last point is the strictest rate that can be asked for.
``curve`` stands before the first table, since TOML would else take it for one of that table's keys.
`visavis.evaluation` counts, and makes ``Calibration(model=..., data=..., curve=...)``; `Calibration.to_toml` writes it.

Pure Python, no picture and no array: `visavis.decision` reads calibrations too.

Sources: ISO/IEC 19795-1:2021 clause 8 (FMR, FNMR at a threshold) and annex B; `visavis.comparison.bounds`.
"""

import bisect
import datetime as dt
import itertools
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Protocol

import msgspec

from visavis.comparison.bounds import trials_needed, upper_bound_95
from visavis.errors import CalibrationError, FileError, TableError
from visavis.files import own_name, read_file

__all__ = [
    "Calibration",
    "CalibrationData",
    "CalibrationModel",
    "CurvePoint",
    "FmrEstimate",
    "OperatingPoint",
    "load_calibration",
    "rate_text",
]

MAX_BYTES: Final = 1 << 20
MAX_POINTS: Final = 10_000

_Count = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
_Trials = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
_Label = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Identity(Protocol):
    """What names a model; `visavis.perception.session.ModelIdentity` is one."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """A threshold, and the error rates measured there.

    ``fmr`` and ``fnmr`` are the rates that were counted, ``..._upper_95`` their one-sided 95 % upper bounds, all 0..1.
    ``fmr_upper_95 <= fmr_asked`` always.
    """

    fmr_asked: float
    threshold: float
    fmr: float
    fmr_upper_95: float
    fnmr: float
    fnmr_upper_95: float
    impostor_trials: int
    genuine_trials: int
    data_set: str

    @property
    def label(self) -> str:
        """As evidence names it: ``fmr<=1e-4``."""
        return f"fmr<={rate_text(self.fmr_asked)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FmrEstimate:
    """How often two different people score at least as high as a given score did, by the calibration's count.

    With ``above`` the score lies below the whole curve: the rate is ``fmr`` or more, and ``fmr_upper_95`` is 1.
    Otherwise the rate is ``fmr`` or less.
    """

    fmr: float
    fmr_upper_95: float
    above: bool = False

    def __str__(self) -> str:
        return f"above {rate_text(self.fmr)}" if self.above else f"at most {rate_text(self.fmr_upper_95)}"


class CurvePoint(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One row of the curve: ``[threshold, false_matches, false_non_matches]``."""

    threshold: Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]
    false_matches: _Count
    false_non_matches: _Count


class CalibrationModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The exact weights the curve was measured with."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._+-]{0,63}$")]
    version: _Label
    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]


class CalibrationData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The data set, and how many trials were formed of it."""

    name: _Label
    description: _Text
    date: dt.date
    images: _Trials
    identities: _Trials
    genuine_trials: _Trials
    impostor_trials: _Trials
    dependence: _Text


class Calibration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one model did on one data set. Made by `from_toml`, or by its fields; both are checked alike.

    Raises `visavis.errors.TableError`, ``calibration_invalid``, with every problem in a line of its own.
    """

    format: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    model: CalibrationModel
    data: CalibrationData
    curve: Annotated[tuple[CurvePoint, ...], msgspec.Meta(min_length=2, max_length=MAX_POINTS)]

    def __post_init__(self) -> None:
        problems = _problems(self)
        if problems:
            raise _invalid(problems)

    @classmethod
    def from_toml(cls, text: str | bytes) -> "Calibration":
        """Read a calibration file's content, strictly: unknown keys and other types are refused.

        Raises `visavis.errors.TableError`: ``calibration_too_large``, ``calibration_syntax`` (with the line) or
        ``calibration_invalid``.
        """
        if len(text) > MAX_BYTES:
            raise TableError("calibration_too_large", f"A calibration has at most {MAX_BYTES} bytes.")
        try:
            return msgspec.toml.decode(text, type=cls)
        except msgspec.ValidationError as error:
            raise _invalid([str(error)]) from error
        except (ValueError, RecursionError) as error:
            raise TableError("calibration_syntax", f"The calibration is no valid TOML: {error}.") from error

    def to_toml(self) -> str:
        """The file that `from_toml` reads back to an equal value; the same text for the same value."""
        rows = "".join(
            f"    [{row.threshold!r}, {row.false_matches}, {row.false_non_matches}],\n" for row in self.curve
        )
        return (
            "# Made by `visavis evaluate comparison`. Scores at or above a threshold match.\n"
            f"format = {self.format}\n\n"
            f"# threshold, false matches at or above it, false non-matches below it\ncurve = [\n{rows}]\n\n"
            f"[model]\n{_toml_table(self.model)}\n[data]\n{_toml_table(self.data)}"
        )

    @property
    def least_fmr(self) -> float:
        """The strictest false match rate that these trials support."""
        return upper_bound_95(self.curve[-1].false_matches, self.data.impostor_trials)

    def supports(self, fmr: float) -> bool:
        return self.least_fmr <= fmr

    def check_model(self, model: Identity) -> None:
        """Raises `visavis.errors.CalibrationError`, ``calibration_model_mismatch``, unless made for these weights."""
        mine = self.model
        if (mine.name, mine.version, mine.digest) != (model.name, model.version, model.digest):
            raise CalibrationError(
                "calibration_model_mismatch",
                f"The calibration is for {mine.name}@{mine.version} ({mine.digest[:12]}), not for "
                f"{model.name}@{model.version} ({model.digest[:12]}).",
                advice="Calibrate the model in use with `visavis evaluate comparison`.",
            )

    def threshold_at(self, fmr: float) -> OperatingPoint:
        """The least threshold of the curve whose false match rate is at most ``fmr``, with 95 % confidence.

        Raises `visavis.errors.CalibrationError`: ``fmr_invalid`` unless 0 < fmr < 1; ``fmr_not_supported`` where there
        were too few trials, telling the least rate that is supported and the trials that would be needed.
        """
        if not 0.0 < fmr < 1.0:
            raise CalibrationError("fmr_invalid", "A false match rate lies between 0 and 1.")
        trials = self.data.impostor_trials
        if not self.supports(fmr):
            raise CalibrationError(
                "fmr_not_supported",
                f"A false match rate of {rate_text(fmr)} was asked for. The calibration of {self.model.name} on "
                f"{self.data.name} supports {_rounded_up(self.least_fmr)} at best: it counts {trials:,} impostor "
                f"trials, and at least {trials_needed(fmr):,} without a false match would be needed.",
                advice="Ask for a higher rate, or calibrate with more people: `visavis evaluate comparison`.",
            )
        first = bisect.bisect_left(
            self.curve, True, key=lambda point: upper_bound_95(point.false_matches, trials) <= fmr
        )
        point = self.curve[first]
        genuine = self.data.genuine_trials
        return OperatingPoint(
            fmr_asked=fmr,
            threshold=point.threshold,
            fmr=point.false_matches / trials,
            fmr_upper_95=upper_bound_95(point.false_matches, trials),
            fnmr=point.false_non_matches / genuine,
            fnmr_upper_95=upper_bound_95(point.false_non_matches, genuine),
            impostor_trials=trials,
            genuine_trials=genuine,
            data_set=self.data.name,
        )

    def fmr_at(self, score: float) -> FmrEstimate:
        """The false match rate of a threshold set at ``score``: that of the nearest point at or below it.

        Between two points the lower one's rate holds, the higher of the two, so that no rate is ever flattered.
        Raises `visavis.errors.CalibrationError`, ``score_invalid``, for a score that is not finite.
        """
        if not math.isfinite(score):
            raise CalibrationError("score_invalid", "A comparison score is a finite number.")
        trials = self.data.impostor_trials
        position = bisect.bisect_right(self.curve, score, key=lambda point: point.threshold) - 1
        if position < 0:
            return FmrEstimate(fmr=self.curve[0].false_matches / trials, fmr_upper_95=1.0, above=True)
        false_matches = self.curve[position].false_matches
        return FmrEstimate(fmr=false_matches / trials, fmr_upper_95=upper_bound_95(false_matches, trials))


def load_calibration(path: Path) -> Calibration:
    """The calibration in a file.

    Raises `visavis.errors.CalibrationError`, ``calibration_missing``, where there is no such file;
    `visavis.errors.FileError` for one that cannot be read; `visavis.errors.TableError` as `Calibration.from_toml`.
    """
    try:
        data = read_file(path, max_bytes=MAX_BYTES)
    except FileError as error:
        if error.code != "file_missing":
            raise
        raise CalibrationError(
            "calibration_missing",
            f"The calibration {own_name(path)} does not exist.",
            advice="Make it with `visavis evaluate comparison`.",
        ) from error
    return Calibration.from_toml(data)


def rate_text(rate: float) -> str:
    """A rate as people write it: ``1e-4``, ``2.5e-3``, three digits at most."""
    mantissa, exponent = f"{rate:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}" if rate else "0"


def _rounded_up(rate: float) -> str:
    """As `rate_text`, never below the rate, so that asking for the number shown is granted."""
    scale = 10.0 ** (math.floor(math.log10(rate)) - 1)
    return rate_text(math.ceil(rate / scale - 1e-9) * scale)


def _invalid(problems: list[str]) -> TableError:
    lines = "".join(f"\n  - {problem}" for problem in problems)
    return TableError(
        "calibration_invalid",
        f"The calibration cannot be used:{lines}\n ",
        advice="Make it again with `visavis evaluate comparison`.",
    )


def _problems(calibration: Calibration) -> list[str]:
    """What the types cannot say; a value made in Python has met no decoder, so its types are checked here too."""
    try:
        data = msgspec.convert(msgspec.to_builtins(calibration.data, builtin_types=(dt.date,)), CalibrationData)
        msgspec.convert(msgspec.to_builtins(calibration.model), CalibrationModel)
        curve = msgspec.convert(msgspec.to_builtins(calibration.curve), tuple[CurvePoint, ...])
    except msgspec.ValidationError as error:
        return [str(error)]
    problems = []
    if data.identities > data.images:
        problems.append("more identities than images")
    # a picture may stand on either side of a pair, once as it is and once degraded
    if data.genuine_trials + data.impostor_trials > data.images * (data.images - 1):
        problems.append("more trials than the images have pairs")
    if not 2 <= len(curve) <= MAX_POINTS:
        problems.append(f"the curve has {len(curve)} points; it needs 2 to {MAX_POINTS}")
    return (problems + _curve_problems(curve, data))[:20]


def _curve_problems(curve: tuple[CurvePoint, ...], data: CalibrationData) -> list[str]:
    problems = []
    for row in curve:
        if row.false_matches > data.impostor_trials:
            problems.append(f"at {row.threshold}: more false matches than impostor trials")
        if row.false_non_matches > data.genuine_trials:
            problems.append(f"at {row.threshold}: more false non-matches than genuine trials")
    for low, high in itertools.pairwise(curve):
        if not low.threshold < high.threshold:
            problems.append(f"the thresholds {low.threshold} and {high.threshold} do not rise")
        if low.false_matches < high.false_matches:
            problems.append(f"from {low.threshold} to {high.threshold} the false matches rise")
        if low.false_non_matches > high.false_non_matches:
            problems.append(f"from {low.threshold} to {high.threshold} the false non-matches fall")
    return problems


def _toml_table(table: CalibrationModel | CalibrationData) -> str:
    values = msgspec.structs.asdict(table).items()
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False) if isinstance(value, str) else value}\n"
        for key, value in values
    )
