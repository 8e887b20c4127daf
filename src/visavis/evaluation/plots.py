"""The plots of a report, as SVG that stands inside an HTML page.

Text and axes take the colour of the page around them, so one drawing serves light and dark; curves differ by dashes as
well as by colour. No fonts, scripts, metadata or references go with it, and the same figures give the same text.
"""

import html
import importlib.util
import io
import re
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any, Final

from visavis.errors import InstallationError
from visavis.evaluation.metrics import CurvePoint, Histogram
from visavis.evaluation.report import Measurement

__all__ = ["INK", "det_plot", "fnmr_plot", "histogram_plot", "require_plots", "svg"]

INK: Final = "#010203"
"""Stands for the page's own text colour until the drawing is done."""

STYLES: Final = (("#2f7fd6", "-"), ("#d9720b", "--"), ("#2a9d63", ":"))
GENUINE: Final = "#2f7fd6"
IMPOSTOR: Final = "#d9720b"
FEW: Final = 10
TITLES: Final = {"listed": "pairs of the list", "formed": "all pairs that can be formed"}
DET_TICKS: Final = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.2, 0.5)
SETTINGS: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "visavis",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.18,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


def det_plot(measurements: Sequence[Measurement], *, title: str) -> str:
    """Detection error trade-off on normal-deviate axes (ISO/IEC 19795-1:2021, figure of 10.6.3)."""

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib's Axes, imported late
        deviate = NormalDist().inv_cdf
        low = min((point.fmr for item in measurements for point in _open(item.curve)), default=1e-3)
        fnmr = [point.fnmr for item in measurements for point in _open(item.curve)]
        least = min([*fnmr, 1e-2])
        for item, (colour, dash) in zip(measurements, STYLES, strict=False):
            points = _open(item.curve)
            axes.plot(
                [deviate(point.fmr) for point in points],
                [deviate(point.fnmr) for point in points],
                dash,
                color=colour,
                linewidth=2,
                label=TITLES[item.trials],
            )
        for axis, bound in ((axes.xaxis, low), (axes.yaxis, least)):
            ticks = [tick for tick in DET_TICKS if tick >= bound / 10]
            axis.set_ticks([deviate(tick) for tick in ticks], [f"{tick * 100:g} %" for tick in ticks])
        axes.set_xlim(deviate(max(low / 1.5, 1e-7)), deviate(0.5))
        axes.set_ylim(deviate(max(least / 1.5, 1e-7)), deviate(0.5))
        axes.tick_params(axis="x", rotation=30)
        _labels(axes, "false match rate", "false non-match rate")

    return svg(draw, title)


def fnmr_plot(measurements: Sequence[Measurement], *, title: str) -> str:
    """False non-matches over the false match rate, as an operator reads it."""

    def draw(axes: Any) -> None:  # noqa: ANN401 - as above
        for item, (colour, dash) in zip(measurements, STYLES, strict=False):
            # a rate of few false matches says more of these few than of the rate
            points = [point for point in item.curve if FEW / item.impostor_trials <= point.fmr <= 0.1]
            axes.plot(
                [point.fmr for point in points],
                [point.fnmr * 100 for point in points],
                dash,
                color=colour,
                linewidth=2,
                label=TITLES[item.trials],
            )
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        _labels(axes, "false match rate", "false non-match rate, %")

    return svg(draw, title)


def histogram_plot(bars: Histogram, threshold: float | None, *, title: str) -> str:
    """Share of trials by score, genuine and impostor; a line at one operating point's threshold."""

    def draw(axes: Any) -> None:  # noqa: ANN401 - as above
        for counts, colour, dash, label in (
            (bars.impostor, IMPOSTOR, "--", "impostor"),
            (bars.genuine, GENUINE, "-", "genuine"),
        ):
            total = max(sum(counts), 1)
            shares = [100 * count / total for count in counts]
            axes.stairs(shares, bars.edges, color=colour, fill=True, alpha=0.25)
            axes.stairs(shares, bars.edges, color=colour, linestyle=dash, linewidth=1.5, label=label)
        if threshold is not None:
            axes.axvline(threshold, color=INK, linewidth=1, linestyle=":", label="threshold at FMR 1e-4")
        _labels(axes, "comparison score", "share of trials, %")

    return svg(draw, title)


def _open(points: Sequence[CurvePoint]) -> list[CurvePoint]:
    """Those that a normal deviate exists for."""
    return [point for point in points if 0 < point.fmr < 1 and 0 < point.fnmr < 1]


def _labels(axes: Any, x: str, y: str) -> None:  # noqa: ANN401 - as above
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if axes.get_legend_handles_labels()[0]:
        axes.legend()


def require_plots() -> None:
    """Raises InstallationError ``evaluation_extra_missing``; asked before a long measurement."""
    if importlib.util.find_spec("matplotlib") is None:
        raise InstallationError(
            "evaluation_extra_missing",
            "The plots of a report need matplotlib, which is not installed.",
            advice="Install visavis with its extra: pip install 'visavis[evaluation]'.",
        )


def svg(draw: Callable[[Any], None], title: str, *, size: tuple[float, float] = (6.4, 4.4)) -> str:
    """What ``draw`` puts on the axes that it is given, as an element for a page. ``size``: inches of 72 points.

    Raises InstallationError as `require_plots`.
    """
    require_plots()
    import matplotlib as mpl  # noqa: PLC0415 - an extra, and slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(stream.getvalue(), title)


def _inline(text: str, title: str) -> str:
    """An element for a page: no prologue, no names of namespaces, no identifiers that nobody points at."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href").replace(INK, "currentColor")
    # several drawings share a page: what is pointed at gets a name of its own
    used = set(re.findall(r'(?:href="|url\()#([\w-]+)', text))
    text = re.sub(r'\sid="([^"]+)"', lambda match: match[0] if match[1] in used else "", text)
    mark = re.sub(r"\W+", "-", title.lower())
    for name in sorted(used, key=len, reverse=True):
        text = re.sub(rf'(id="|#){name}\b', rf"\g<1>{mark}-{name}", text)
    view = re.search(r'viewBox="[^"]*"', text)
    opening = f'<svg role="img" {view[0] if view else ""}><title>{html.escape(title)}</title>'
    return opening + text[text.index(">") + 1 :].strip()
