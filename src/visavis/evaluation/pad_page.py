"""The report of attack detection as one HTML file, with no picture of anybody; each plot's figures stand in a table."""

import html

from visavis.evaluation import words
from visavis.evaluation.markup import details, document, figure, headline, notes, section
from visavis.evaluation.pad_plots import accepted_plot, apcer_plot, curve_plot, witness_plot
from visavis.evaluation.pad_report import POINTS, Curve, PadReport
from visavis.evaluation.pad_tables import POINT_TITLES, measured_on, tables

__all__ = ["to_html"]


def to_html(report: PadReport) -> str:
    """The whole page; the same text for the same report."""
    parts = [
        headline(_figures(report)),
        f"<h2>How to read this</h2>\n{notes(report.notes)}",
        f"<h2>Plots</h2>\n{_plots(report)}",
        *(section(table) for table in tables(report)),
        _models(report),
    ]
    return document(
        f"Attack detection: {report.captures}",
        lead=measured_on(report),
        body="\n".join(parts),
        foot=f"visavis {report.visavis}, {report.date}. Seed {report.seed}, measured as {report.digest}.",
    )


def _figures(report: PadReport) -> list[tuple[str, str]]:
    figures: list[tuple[str, str]] = []
    if report.species:
        clean = sum(row.at(POINTS[0]).accepted.errors == 0 for row in report.species)
        worst = report.species[0]
        figures = [
            ("species without an accepted presentation, at standard", f"{clean} of {len(report.species)}"),
            (f"worst APCER at standard: {worst.title}", words.percent(worst.at(POINTS[0]).accepted.value)),
        ]
    for item in (report.bona_fide, report.recorded):
        if item is not None:
            who = "recorded people" if item.recorded else "living people"
            figures += [
                (f"{who} not accepted, {POINT_TITLES[point.point]}", words.percent(point.not_accepted.value))
                for point in item.points
            ]
    return figures


def _plots(report: PadReport) -> str:
    figures = []
    if report.species:
        figures.append(
            figure(
                apcer_plot(report, title="Accepted attack presentations by species"),
                "Accepted attack presentations by species, at standard (blue circles) and strict (orange squares), "
                "with 95 % bounds. The figures are in the first table.",
                "",
                wide=True,
            )
        )
    if report.witnesses:
        figures.append(
            figure(
                witness_plot(report, title="What each witness stops by itself"),
                "Presentations that each witness does not pass, in per cent: refused (blue, from the left) and not "
                "told (amber). For living people little should be coloured. The counts are in a table below.",
                "",
                wide=True,
            )
        )
    if report.curves:
        figures.append(
            figure(
                curve_plot(report.curves, title="Attacks accepted over living people refused"),
                "Each score by itself: lower and further left is better. The area in brackets is 1 for a perfect "
                "score. Every species counts alike; a presentation without a score has the lowest. The score of the "
                "assessment is the share of the five deciding witnesses that passed, and 0 where one refused; nothing "
                "is decided by it.",
                "".join(_curve_table(curve) for curve in report.curves),
            )
        )
    if report.bona_fide is not None and report.bona_fide.by_return:
        figures.append(
            figure(
                accepted_plot(report.bona_fide, title="Living people accepted, by the screen's share of the light"),
                "Living people accepted, by the screen's share of the light on the face: a bright room is on the left. "
                "The figures are in a table below.",
                "",
            )
        )
    return f'<div class="plots">\n{"".join(figures)}\n</div>'


def _curve_table(curve: Curve) -> str:
    chosen = curve.points[:: max(1, len(curve.points) // 16)]
    rows = [
        (words.number(point.threshold), words.percent(point.attacks), words.percent(point.bona_fide))
        for point in chosen
    ]
    return details(f"{curve.name} as a table", ("threshold", "attacks", "living people below"), rows)


def _models(report: PadReport) -> str:
    listed = ", ".join(f"{model.name} {model.version} ({model.digest[:12]})" for model in report.models)
    return f'<p class="note">Models: {html.escape(listed)}.</p>' if listed else ""
