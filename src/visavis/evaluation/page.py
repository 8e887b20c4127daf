"""The report as one HTML file, with no picture of anybody; every plot has its figures in a table below it."""

from typing import Final

from visavis.comparison.calibration import rate_text
from visavis.evaluation import words
from visavis.evaluation.markup import details, document, figure, headline, notes, section
from visavis.evaluation.plots import det_plot, fnmr_plot, histogram_plot
from visavis.evaluation.report import ComparisonReport, Measurement
from visavis.evaluation.tables import TRIALS, measured_on, tables

__all__ = ["to_html"]

NO_BREAK: Final = "\u2011"
"""A hyphen at which no line breaks."""


def to_html(report: ComparisonReport) -> str:
    """The whole page; the same text for the same report."""
    found = "\n".join(section(table) for table in tables(report))
    plots = f"<h2>How to read this</h2>\n{notes(report.notes)}\n<h2>Plots</h2>\n{_plots(report)}"
    return document(
        f"Comparison accuracy: {report.model.name} on {report.data_set}",
        lead=measured_on(report),
        body=f"{_headline(report)}\n{plots}\n{found}",
        foot=f"visavis {report.visavis}, {report.date}. Model digest {report.model.digest}.",
    )


def _headline(report: ComparisonReport) -> str:
    main = report.main
    figures = [("pictures", words.count(report.acquisition.pictures))]
    figures.append(("failure to acquire", words.percent(report.acquisition.failures.value)))
    if report.folds:
        figures.append(("accuracy over folds", words.percent(report.folds.mean)))
    if main.eer:
        figures.append(("equal error rate", words.percent(main.eer.value)))
    figures += [
        (f"FNMR at FMR {rate_text(point.at.target).replace('-', NO_BREAK)}", words.percent(point.at.fnmr.value))
        for point in main.points
    ]
    return headline(figures)


def _plots(report: ComparisonReport) -> str:
    measurements = [item for item in (report.formed, report.listed) if item is not None]
    curves = [item for item in measurements if item.curve]
    figures = []
    if curves:
        figures.append(
            figure(
                det_plot(curves, title="Detection error trade-off"),
                "Detection error trade-off on normal-deviate axes: lower and further left is better.",
                _curve_table(curves[0]),
            )
        )
        figures.append(
            figure(
                fnmr_plot(curves, title="False non-match rate over false match rate"),
                "False non-match rate over the false match rate that a threshold is set for.",
                "",
            )
        )
    for item in measurements:
        threshold = next((point.at.threshold for point in item.points if point.at.target == 1e-4), None)
        name = f"Scores, {TRIALS[item.trials].lower()}"
        figures.append(
            figure(
                histogram_plot(item.histogram, threshold, title=name),
                f"{name}: share of genuine and of impostor comparisons by score.",
                _histogram_table(item),
            )
        )
    return f'<div class="plots">\n{"".join(figures)}\n</div>'


def _curve_table(item: Measurement) -> str:
    chosen = item.curve[:: max(1, len(item.curve) // 24)]
    rows = [(words.number(point.threshold), f"{point.fmr:.2e}", words.percent(point.fnmr)) for point in chosen]
    return details(f"The curve as a table ({TRIALS[item.trials].lower()})", ("threshold", "FMR", "FNMR"), rows)


def _histogram_table(item: Measurement) -> str:
    bars = item.histogram
    rows = [
        (f"{low:.2f} to {high:.2f}", words.count(genuine), words.count(impostor))
        for low, high, genuine, impostor in zip(
            bars.edges[:-1], bars.edges[1:], bars.genuine, bars.impostor, strict=True
        )
        if genuine or impostor
    ]
    return details("The scores as a table", ("score", "genuine", "impostor"), rows)
