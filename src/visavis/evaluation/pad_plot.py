"""One capture as a drawing: what was asked, how head and eyes answered, how the light came back, what was decided.

Numbers of the trace alone, no picture of the person. Colours are those of Okabe and Ito, which people with any colour
vision tell apart, and nothing is told by colour alone: lines differ by dashes too, outcomes have words.
"""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import Gesture, GestureStep
from visavis.capture.light_schedule import linear_light
from visavis.domain.evidence import Outcome
from visavis.evaluation.plots import require_plots
from visavis.pad.assessment import PadEvidence
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.gestures import GestureOptions
from visavis.pad.light import LightOptions
from visavis.pad.passive import PassiveOptions
from visavis.pad.trace import Trace, TraceRow

__all__ = ["PadDrawing", "draw_pad"]

BLUE: Final = "#0072b2"
ORANGE: Final = "#d55e00"
GREEN: Final = "#009e73"
GREY: Final = "#6b6b6b"
PALE: Final = "#e6edf3"
MARKS: Final = {
    Outcome.PASS: ("\u2713 pass", "#00694d"),
    Outcome.FAIL: ("\u2717 fail", "#a33c00"),
    Outcome.INCONCLUSIVE: ("? cannot tell", "#5a4a00"),
    Outcome.NOT_MEASURED: ("\u2013 not measured", GREY),
}
ASKED: Final = {
    Gesture.TURN_LEFT: "turn\nleft",
    Gesture.TURN_RIGHT: "turn\nright",
    Gesture.LOOK_UP: "look\nup",
    Gesture.LOOK_DOWN: "look\ndown",
    Gesture.CLOSE_EYES: "close\nthe eyes",
}
CLOSED: Final = 0.5
GAP_S: Final = 0.5
"""Where frames are further apart, a line is broken rather than drawn across what nobody saw."""
SETTINGS: Final[Any] = {
    "svg.fonttype": "path",
    "svg.hashsalt": "visavis",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
Axes = Any
"""matplotlib's, which is imported late."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PadDrawing:
    """``title``: one line above the drawing. ``trace``: of `visavis.pad.presentation.Presentation.finish`.
    ``assessments``: one or more, each at its operating point, of the same witnesses. ``asked``: whether the recording
    answers a challenge; without one, no prompts are drawn.
    """

    title: str
    trace: Trace
    assessments: Sequence[PadEvidence]
    asked: bool = True


def draw_pad(drawing: PadDrawing, *, form: Literal["png", "svg"] = "png") -> bytes:
    """The drawing as a file. The same values give the same SVG.

    Raises InstallationError ``evaluation_extra_missing``, ValueError without an assessment.
    """
    if not drawing.assessments:
        raise ValueError("there is nothing to say about this capture")
    require_plots()
    import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    rows = drawing.trace.rows
    lit = any(row.skin is not None for row in rows)
    panels: list[tuple[float, Callable[[Axes, PadDrawing], None]]] = [
        (0.75, _prompts),
        (2.2, _pose),
        (1.3, _eyes),
        *([(1.9, _light)] if lit else []),
        (1.1, _texture),
    ]
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(11, 4.6 + 0.95 * sum(height for height, _ in panels)), layout="constrained")
        figure.suptitle(drawing.title, fontweight="bold", x=0.01, ha="left")
        halves: Any = figure.subfigures(2, 1, height_ratios=[sum(height for height, _ in panels), 2.6])
        upper, lower = halves
        drawn = upper.subplots(
            len(panels), 1, sharex=True, squeeze=False, gridspec_kw={"height_ratios": [height for height, _ in panels]}
        )[:, 0]
        for axes, (_, draw) in zip(drawn, panels, strict=True):
            draw(axes, drawing)
            _bands(axes, drawing)
        if rows:
            drawn[0].set_xlim(rows[0].time_s, max(rows[-1].time_s, rows[0].time_s + 1))
        drawn[-1].set_xlabel("seconds")
        upper.align_ylabels()
        _verdicts(lower.subplots(), drawing)
        stream = io.BytesIO()
        # neither a date nor the name of a program
        metadata = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        figure.savefig(stream, format=form, dpi=110, metadata=metadata)
    return stream.getvalue() if form == "png" else _renamed(stream.getvalue())


def _renamed(svg: bytes) -> bytes:
    """With identifiers that count up, since matplotlib makes some of them of addresses in memory."""
    found = dict.fromkeys(re.findall(rb'(?:id="|#)([A-Za-z][0-9a-f]{10})\b', svg))
    names = {old: b"n%d" % number for number, old in enumerate(found)}
    return re.sub(rb'(id="|#)([A-Za-z][0-9a-f]{10})\b', lambda match: match[1] + names[match[2]], svg)


def _bands(axes: Axes, drawing: PadDrawing) -> None:
    """When something was asked, and when no face could be used."""
    if drawing.asked:
        for prompt in drawing.trace.prompts:
            axes.axvspan(prompt.from_s, prompt.until_s, color=PALE, zorder=0, linewidth=0)
    for begin, end in _absences(drawing.trace.rows):
        axes.axvspan(begin, end, facecolor="none", edgecolor=GREY, hatch="////", linewidth=0, zorder=0, alpha=0.6)


def _absences(rows: Sequence[TraceRow]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    since: float | None = None
    for row in rows:
        if row.yaw is None and since is None:
            since = row.time_s
        elif row.yaw is not None and since is not None:
            found.append((since, row.time_s))
            since = None
    if since is not None:
        found.append((since, rows[-1].time_s))
    return found


def _prompts(axes: Axes, drawing: PadDrawing) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
    axes.set_ylabel("asked", rotation=0, ha="right", va="center")
    if not drawing.asked:
        axes.text(0.01, 0.5, "no challenge was given", transform=axes.transAxes, va="center", color=GREY)
        return
    for prompt, mark in zip(drawing.trace.prompts, _decisions(drawing), strict=True):
        words = ASKED[prompt.step.gesture] if isinstance(prompt.step, GestureStep) else "light"
        middle = (prompt.from_s + prompt.until_s) / 2
        axes.text(middle, 0.6, words, ha="center", va="center", fontsize=8.5, clip_on=True, linespacing=1.0)
        axes.text(middle, 0.14, mark, ha="center", va="center", fontsize=10, fontweight="bold", clip_on=True)


def _decisions(drawing: PadDrawing) -> list[str]:
    """For each prompt what came of it: made, failed, open, or asked only because the laboratory went on."""
    active, light = (drawing.assessments[0].witness(which) for which in (Witness.ACTIVE, Witness.LIGHT))
    made = active.details.get("made")
    left = made if isinstance(made, int) else 0
    marks, over = [], False
    for prompt in drawing.trace.prompts:
        if not isinstance(prompt.step, GestureStep):
            marks.append(MARKS[light.outcome][0][0])
        elif left > 0:
            marks.append(MARKS[Outcome.PASS][0][0])
            left -= 1
        else:
            marks.append("" if over else MARKS[active.outcome][0][0])
            over = True
    return marks


def _pose(axes: Axes, drawing: PadDrawing) -> None:
    """Turns and looks from the own neutral, with the lines that are accepted."""
    neutral, rows = drawing.trace.neutral, drawing.trace.rows
    yaw, pitch = (neutral.yaw, neutral.pitch) if neutral is not None else (0.0, 0.0)
    options = GestureOptions()
    _line(axes, rows, lambda row: None if row.yaw is None else row.yaw - yaw, BLUE, "-", "turn (up: left)")
    _line(axes, rows, lambda row: None if row.pitch is None else row.pitch - pitch, ORANGE, "--", "look (up: up)")
    for side in (-1, 1):
        axes.axhline(side * options.turn, color=BLUE, linewidth=0.8, linestyle="-", alpha=0.6)
        axes.axhline(side * options.pitch, color=ORANGE, linewidth=0.8, linestyle="--", alpha=0.6)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -1.3 * options.turn), max(high, 1.3 * options.turn))
    axes.set_ylabel("degrees from\nneutral" if neutral is not None else "degrees\n(no neutral found)")
    _legend(axes)


def _eyes(axes: Axes, drawing: PadDrawing) -> None:
    _line(
        axes,
        drawing.trace.rows,
        lambda row: None if row.closedness is None else 1 - row.closedness,
        GREEN,
        "-",
        "eyes, against the own open ones",
    )
    axes.axhline(1 - CLOSED, color=GREEN, linewidth=0.8, linestyle=":", label="closed below")
    axes.set_ylim(-0.08, 1.12)
    axes.set_yticks([0, 1], ["closed", "open"])
    _legend(axes)


def _light(axes: Axes, drawing: PadDrawing) -> None:
    """Skin minus background against what was shown, each about its own middle."""
    rows = [row for row in drawing.trace.rows if row.skin is not None and row.colour is not None]
    if not rows:
        axes.set_ylabel("light")
        return
    times = np.array([row.time_s for row in rows])
    skin = np.array([row.skin for row in rows])
    behind = np.array([(0.0, 0.0) if row.background is None else row.background for row in rows])
    seen = skin - behind
    shown = np.array([linear_light(row.colour) for row in rows if row.colour is not None])
    chroma = np.column_stack([shown[:, 0] - shown[:, 1], shown[:, 2] - shown[:, 1]])
    light = drawing.assessments[0].witness(Witness.LIGHT)
    measured = light.details.get("return")
    share = max(float(measured) if isinstance(measured, float | int) else 0.0, LightOptions().least_return)
    for axis, (colour, dash, name) in enumerate(((ORANGE, "-", "red/green"), (BLUE, "--", "blue/green"))):
        axes.plot(times, _level(times, seen[:, axis]), dash, color=colour, linewidth=1.4, label=f"seen, {name}")
        expected = share * _level(times, chroma[:, axis])
        axes.plot(times, expected, dash, color=colour, linewidth=3.5, alpha=0.25, drawstyle="steps-post")
    axes.plot([], [], color=GREY, linewidth=3.5, alpha=0.35, label=f"expected of {100 * share:.0f} % screen light")
    for start, end, colour in _colours(rows):
        axes.axvspan(start, end, ymin=0, ymax=0.07, color=colour, linewidth=0)
    axes.set_ylabel("light: skin\nminus background")
    low, high = axes.get_ylim()
    axes.set_ylim(low - 0.12 * (high - low), high)
    _legend(axes)


def _level(times: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without its slow drift, a polynomial of degree three, as the light witness looks at it."""
    if len(values) < 8:
        return np.asarray(values - values.mean(), np.float64)
    span = max(float(np.ptp(times)), 1e-6)
    basis = np.linalg.qr(np.vander((times - times.mean()) / span, 4))[0]
    return np.asarray(values - basis @ (basis.T @ values), np.float64)


def _colours(rows: Sequence[TraceRow]) -> list[tuple[float, float, str]]:
    """The colours that were shown, as strips."""
    strips: list[tuple[float, float, str]] = []
    for row, following in zip(rows, [*rows[1:], rows[-1]], strict=True):
        name = "#{:02x}{:02x}{:02x}".format(*(row.colour or (0, 0, 0)))
        if strips and strips[-1][2] == name:
            strips[-1] = (strips[-1][0], following.time_s, name)
        else:
            strips.append((row.time_s, following.time_s, name))
    return strips


def _texture(axes: Axes, drawing: PadDrawing) -> None:
    looked = [(row.time_s, row.texture) for row in drawing.trace.rows if row.texture is not None]
    if looked:
        times, scores = zip(*looked, strict=True)
        axes.plot(times, scores, "o", color=BLUE, markersize=4, label="texture network (advice only)")
    axes.axhline(PassiveOptions().accept, color=BLUE, linewidth=0.8, linestyle=":", label="expected above, as a mean")
    axes.set_ylim(-0.08, 1.12)
    axes.set_ylabel("texture")
    _legend(axes)


def _verdicts(axes: Axes, drawing: PadDrawing) -> None:
    """Witness by witness, then the whole."""
    axes.axis("off")
    witnesses = drawing.assessments[0].witnesses
    lines = [*(_said(item) for item in witnesses), *(_concluded(item) for item in drawing.assessments)]
    step = 1 / (len(lines) + 1)
    for number, (name, (mark, colour), text) in enumerate(lines):
        height = 1 - step * (number + (0.9 if number >= len(witnesses) else 0.4))
        weight = "bold" if number >= len(witnesses) else "normal"
        for x, words, ink in ((0.0, name, "black"), (0.13, mark, colour), (0.28, text, "black")):
            axes.text(x, height, words, transform=axes.transAxes, color=ink, fontweight=weight, va="center", fontsize=9)
    axes.axhline(1 - step * (len(witnesses) + 0.15), color=GREY, linewidth=0.6)
    axes.set_ylim(0, 1)


def _said(item: WitnessEvidence) -> tuple[str, tuple[str, str], str]:
    score = "" if item.score is None else f"{item.score:.2f}   "
    return item.witness.value, MARKS[item.outcome], score + ", ".join(item.reasons).replace("_", " ")


def _concluded(item: PadEvidence) -> tuple[str, tuple[str, str], str]:
    return item.operating_point.value, MARKS[item.outcome], ", ".join(item.reasons).replace("_", " ")


def _legend(axes: Axes) -> None:
    """Above its axes, where it hides nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=4, borderaxespad=0)


def _line(
    axes: Axes, rows: Sequence[TraceRow], value: Callable[[TraceRow], float | None], colour: str, dash: str, name: str
) -> None:
    times: list[float] = []
    values: list[float] = []
    for row in rows:
        found = value(row)
        if times and row.time_s - times[-1] > GAP_S:
            times.append(row.time_s)
            values.append(np.nan)
        times.append(row.time_s)
        values.append(np.nan if found is None else found)
    axes.plot(times, values, dash, color=colour, linewidth=1.5, label=name)
