"""The plots of a report of attack detection, as SVG that stands inside an HTML page."""

from collections.abc import Sequence
from typing import Any, Final

from visavis.evaluation.bounds import Rate
from visavis.evaluation.pad_report import POINTS, BonaFide, Curve, PadReport, WitnessRow
from visavis.evaluation.pad_tables import POINT_TITLES, title_of
from visavis.evaluation.plots import INK, svg
from visavis.pad.evidence import Witness

__all__ = ["accepted_plot", "apcer_plot", "curve_plot", "witness_plot"]

COLOURS: Final = ("#2f7fd6", "#d9720b", "#2a9d63", "#b04fc0", "#8a7a1f", "#c23b4b", "#5f7f8f")
DASHES: Final = ("-", "--", ":", "-.", (0, (6, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS: Final = ("o", "s", "^")
REFUSED: Final = "#2f7fd6"
UNDECIDED: Final = "#d9a10b"


def apcer_plot(report: PadReport, *, title: str) -> str:
    """APCER of each species at `standard` and `strict`, with 95 % bounds; the worst on top."""
    rows = report.species

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib's Axes, imported late
        for number, (point, colour, marker) in enumerate(zip(POINTS[:2], COLOURS, MARKERS, strict=False)):
            rates = [row.at(point).accepted for row in rows]
            places = [i + (number - 0.5) * 0.32 for i in range(len(rows))]
            axes.barh(places, [_percent(rate) for rate in rates], height=0.28, color=colour, alpha=0.45)
            axes.errorbar(
                [_percent(rate) for rate in rates],
                places,
                xerr=[
                    [_percent(rate) - 100 * rate.lower_95 for rate in rates],
                    [100 * rate.upper_95 - _percent(rate) for rate in rates],
                ],
                fmt=marker,
                markersize=4,
                color=colour,
                capsize=2,
                linewidth=1.2,
                label=POINT_TITLES[point],
            )
        axes.set_yticks(range(len(rows)), [row.title for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(0, max(5.0, *(105 * row.at(point).accepted.upper_95 for row in rows for point in POINTS[:2])))
        axes.set_xlabel("accepted attack presentations (APCER), %")
        axes.grid(visible=False, axis="y")
        axes.legend(loc="lower right")

    return svg(draw, title, size=(7.6, 1.4 + 0.36 * len(rows)))


def witness_plot(report: PadReport, *, title: str) -> str:
    """For each species and witness: the share refused (from the left), and on top of it the share it could not tell."""
    rows = report.witnesses

    def draw(axes: Any) -> None:  # noqa: ANN401 - as above
        from matplotlib.patches import Rectangle  # noqa: PLC0415 - an extra, and slow to import

        for y, row in enumerate(rows):
            for x, (refused, undecided) in enumerate(_shares(row)):
                axes.add_patch(
                    Rectangle((x + 0.04, y + 0.1), 0.92 * refused, 0.8, color=REFUSED, alpha=0.6, linewidth=0)
                )
                axes.add_patch(
                    Rectangle(
                        (x + 0.04 + 0.92 * refused, y + 0.1),
                        0.92 * undecided,
                        0.8,
                        color=UNDECIDED,
                        alpha=0.4,
                        linewidth=0,
                    )
                )
                stopped = f"{100 * (refused + undecided):.0f}"
                axes.text(x + 0.5, y + 0.5, stopped, ha="center", va="center", fontsize=9, color=INK)
        axes.set_xlim(0, len(Witness))
        axes.set_ylim(len(rows), 0)
        axes.set_xticks([x + 0.5 for x in range(len(Witness))], [witness.value for witness in Witness])
        axes.set_yticks([y + 0.5 for y in range(len(rows))], [title_of(report, row.species) for row in rows])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.grid(visible=False)
        for side in ("left", "bottom"):
            axes.spines[side].set_visible(False)

    return svg(draw, title, size=(8.2, 0.8 + 0.34 * len(rows)))


def curve_plot(curves: Sequence[Curve], *, title: str) -> str:
    """Attacks accepted over living people not accepted, as the threshold of each score rises."""

    def draw(axes: Any) -> None:  # noqa: ANN401 - as above
        for number, curve in enumerate(curves):
            bona_fide = [0.0, *(100 * point.bona_fide for point in curve.points), 100.0]
            attacks = [100.0, *(100 * point.attacks for point in curve.points), 0.0]
            axes.plot(
                bona_fide,
                attacks,
                linestyle=DASHES[number % len(DASHES)],
                color=COLOURS[number % len(COLOURS)],
                linewidth=1.8,
                label=f"{curve.name} ({curve.area:.2f})",
            )
        axes.set_xlim(-1, 100)
        axes.set_ylim(-1, 101)
        axes.set_xlabel("living people below the threshold, %")
        axes.set_ylabel("attacks at or above it, mean of species, %")
        axes.legend()

    return svg(draw, title)


def accepted_plot(living: BonaFide, *, title: str) -> str:
    """Living people accepted over the share of the screen in the light, with 95 % bounds, at the three points."""
    rows = living.by_return

    def draw(axes: Any) -> None:  # noqa: ANN401 - as above
        middles = [100 * (max(row.low, 0.02) * min(row.high, 0.3)) ** 0.5 for row in rows]
        for number, point in enumerate(POINTS):
            rates = [row.accepted[number] for row in rows]
            axes.errorbar(
                middles,
                [_percent(rate) for rate in rates],
                yerr=[
                    [_percent(rate) - 100 * rate.lower_95 for rate in rates],
                    [100 * rate.upper_95 - _percent(rate) for rate in rates],
                ],
                fmt=MARKERS[number],
                linestyle=DASHES[number],
                color=COLOURS[number],
                capsize=2,
                linewidth=1.6,
                label=POINT_TITLES[point],
            )
        axes.set_xscale("log")
        ticks = [3, 5, 8, 12, 20]
        axes.set_xticks(ticks, [f"{tick} %" for tick in ticks])
        axes.minorticks_off()
        axes.set_ylim(0, 103)
        axes.set_xlabel("the screen's share of the light on the face")
        axes.set_ylabel("living people accepted, %")
        axes.legend(loc="lower right")

    return svg(draw, title)


def _percent(rate: Rate) -> float:
    return 100 * (rate.value or 0.0)


def _shares(row: WitnessRow) -> list[tuple[float, float]]:
    return [(cell.refused / row.trials, cell.undecided / row.trials) for cell in row.cells]
