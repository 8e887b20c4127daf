"""The report as one HTML file: no script, no reference to anything outside, no picture of anybody.

Readable on a phone and in the dark; every plot has its figures in a table below it.
"""

import html
from collections.abc import Sequence
from typing import Final

from visavis.comparison.calibration import rate_text
from visavis.evaluation import words
from visavis.evaluation.plots import det_plot, fnmr_plot, histogram_plot
from visavis.evaluation.report import ComparisonReport, Measurement
from visavis.evaluation.tables import TRIALS, Table, measured_on, tables

__all__ = ["to_html"]

NO_BREAK: Final = "\u2011"
"""A hyphen at which no line breaks."""

STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1, p { overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1rem 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
p { max-width: 44rem; }
.lead { font-size: 1.05rem; }
.note, caption, footer { opacity: .8; font-size: .9rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.figures div { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; }
.figures dt { font-size: .85rem; opacity: .8; }
.figures dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; }
.scroll:focus { outline: 2px solid; outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .5rem .7rem; }
th, td { text-align: left; padding: .35rem .7rem; border-top: 1px solid var(--line); white-space: nowrap; }
thead th { background: var(--soft); border-top: 0; }
tbody th { font-weight: 600; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
figure { margin: 0; }
figure svg { width: 100%; height: auto; }
details { margin: .5rem 0; }
"""


def to_html(report: ComparisonReport) -> str:
    """The whole page; the same text for the same report."""
    title = f"Comparison accuracy: {report.model.name} on {report.data_set}"
    sections = "\n".join(_section(table) for table in tables(report))
    notes = "\n".join(f"<li>{html.escape(note)}</li>" for note in report.notes)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{html.escape(title)}</h1>
<p class="lead">{html.escape(measured_on(report))}</p>
{_headline(report)}
<h2>How to read this</h2>
<ul>
{notes}
</ul>
<h2>Plots</h2>
{_plots(report)}
{sections}
</main>
<footer>
<p>visavis {html.escape(report.visavis)}, {html.escape(report.date)}.
Model digest {html.escape(report.model.digest)}.</p>
</footer>
</body>
</html>
"""


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
    cells = "\n".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>" for name, value in figures
    )
    return f'<dl class="figures">\n{cells}\n</dl>'


def _section(table: Table) -> str:
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in table.columns)
    rows = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{html.escape(cell)}</th>' if number == 0 else f"<td>{html.escape(cell)}</td>"
            for number, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    note = f'<p class="note">{html.escape(table.note)}</p>' if table.note else ""
    name = html.escape(table.title, quote=True)
    return f"""<h2 id="{table.key}">{html.escape(table.title)}</h2>
{note}
<div class="scroll" role="region" aria-label="{name}" tabindex="0">
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>"""


def _plots(report: ComparisonReport) -> str:
    measurements = [item for item in (report.formed, report.listed) if item is not None]
    curves = [item for item in measurements if item.curve]
    figures = []
    if curves:
        figures.append(
            _figure(
                det_plot(curves, title="Detection error trade-off"),
                "Detection error trade-off on normal-deviate axes: lower and further left is better.",
                _curve_table(curves[0]),
            )
        )
        figures.append(
            _figure(
                fnmr_plot(curves, title="False non-match rate over false match rate"),
                "False non-match rate over the false match rate that a threshold is set for.",
                "",
            )
        )
    for item in measurements:
        threshold = next((point.at.threshold for point in item.points if point.at.target == 1e-4), None)
        name = f"Scores, {TRIALS[item.trials].lower()}"
        figures.append(
            _figure(
                histogram_plot(item.histogram, threshold, title=name),
                f"{name}: share of genuine and of impostor comparisons by score.",
                _histogram_table(item),
            )
        )
    return f'<div class="plots">\n{"".join(figures)}\n</div>'


def _figure(svg: str, caption: str, equivalent: str) -> str:
    return f"<figure>{svg}<figcaption class='note'>{html.escape(caption)}</figcaption>{equivalent}</figure>\n"


def _details(summary: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<details><summary>{summary}</summary><div class="scroll" tabindex="0" role="region" aria-label="{summary}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div></details>"
    )


def _curve_table(item: Measurement) -> str:
    chosen = item.curve[:: max(1, len(item.curve) // 24)]
    rows = [(words.number(point.threshold), f"{point.fmr:.2e}", words.percent(point.fnmr)) for point in chosen]
    return _details(f"The curve as a table ({TRIALS[item.trials].lower()})", ("threshold", "FMR", "FNMR"), rows)


def _histogram_table(item: Measurement) -> str:
    bars = item.histogram
    rows = [
        (f"{low:.2f} to {high:.2f}", words.count(genuine), words.count(impostor))
        for low, high, genuine, impostor in zip(
            bars.edges[:-1], bars.edges[1:], bars.genuine, bars.impostor, strict=True
        )
        if genuine or impostor
    ]
    return _details("The scores as a table", ("score", "genuine", "impostor"), rows)
