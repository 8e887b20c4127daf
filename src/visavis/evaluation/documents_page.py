"""The report on reading documents as one HTML file, without any picture; each plot's figures stand in a table."""

from typing import Any, Final

from visavis.evaluation import words
from visavis.evaluation.documents_report import DocumentsReport, ZoneRow
from visavis.evaluation.documents_tables import (
    KIND_TITLES,
    LEVEL_TITLES,
    documents_measured_on,
    documents_tables,
    way_title,
)
from visavis.evaluation.markup import document, figure, headline, notes, section
from visavis.evaluation.plots import INK, svg
from visavis.evaluation.specimens.levels import Level

__all__ = ["documents_to_html", "fields_plot", "zones_plot"]

_PARTS: Final = (
    ("right and accepted", "#2a9d63", ""),
    ("refused, though read right", "#d9a10b", "//"),
    ("refused", "#8a9096", ".."),
    ("wrong but accepted", "#c23b4b", "xx"),
)
"""Name, colour and hatching of the parts of a bar."""
_LEVELS: Final = (("#2f7fd6", "o"), ("#2a9d63", "s"), ("#d9720b", "^"))


def documents_to_html(report: DocumentsReport) -> str:
    """The whole page; the same text for the same report."""
    parts = [
        headline(_figures(report)),
        f"<h2>How to read this</h2>\n{notes(report.notes)}",
        f"<h2>Plots</h2>\n{_plots(report)}",
        *(section(table) for table in documents_tables(report)),
    ]
    return document(
        "Reading documents",
        lead=documents_measured_on(report),
        body="\n".join(parts),
        foot=f"visavis {report.visavis}, {report.date}. Seed {report.seed}, measured as {report.digest}.",
    )


def _figures(report: DocumentsReport) -> list[tuple[str, str]]:
    whole = [row for row in report.zones if row.kind is None]
    found = [
        (f"zones accepted, {LEVEL_TITLES[row.level]}, {way_title(row.pictures)}", words.percent(row.accepted.value))
        for row in whole
        if row.level is not Level.STUDIO
    ]
    if whole:
        wrong, all_of = (sum(getattr(row.wrong_accepted, name) for row in whole) for name in ("errors", "trials"))
        found.append(("wrong but accepted, all levels", f"{words.count(wrong)} of {words.count(all_of)}"))
    found += [
        (f"PRC numbers right, {LEVEL_TITLES[row.level]}", words.percent(row.right.value))
        for row in report.numbers
        if row.level is Level.GOOD_PHONE
    ]
    return found


def _plots(report: DocumentsReport) -> str:
    drawn = []
    if any(row.kind is None for row in report.zones):
        drawn.append(
            figure(
                zones_plot(report, title="What becomes of machine-readable zones"),
                "What becomes of machine-readable zones, by level and by what they were read from. The figures are in "
                "the first table.",
                "",
                wide=True,
            )
        )
    if report.fields:
        drawn.append(
            figure(
                fields_plot(report, title="Printed fields that were read right"),
                "Printed fields read right from one photo, in per cent, with 95 % bounds. The figures are in a table "
                "below.",
                "",
                wide=True,
            )
        )
    return f'<div class="plots">\n{"".join(drawn)}\n</div>'


def zones_plot(report: DocumentsReport, *, title: str) -> str:
    """A bar for each level and way, in four parts that make 100 %."""
    rows = [row for row in report.zones if row.kind is None]

    def draw(axes: Any) -> None:  # noqa: ANN401 - matplotlib's Axes, imported late
        left = [0.0] * len(rows)
        for number, (name, colour, hatch) in enumerate(_PARTS):
            widths = [_shares(row)[number] for row in rows]
            axes.barh(
                range(len(rows)), widths, left=left, height=0.6, color=colour, alpha=0.75, hatch=hatch, label=name
            )
            left = [at + width for at, width in zip(left, widths, strict=True)]
        for place, row in enumerate(rows):
            axes.text(1, place, f"{_shares(row)[0]:.1f} %", va="center", fontsize=9, color=INK)
        axes.set_yticks(range(len(rows)), [f"{LEVEL_TITLES[row.level]}, {way_title(row.pictures)}" for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(0, 100)
        axes.set_xlabel("share of specimens, %")
        axes.grid(visible=False, axis="y")
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.16), ncols=4, fontsize=9)

    return svg(draw, title, size=(8.2, 1.9 + 0.42 * len(rows)))


def fields_plot(report: DocumentsReport, *, title: str) -> str:
    """A row for each field of each side, a mark for each level."""
    chosen = [row for row in report.fields if row.pictures == 1]
    names = list(dict.fromkeys((row.kind, row.field) for row in chosen))

    def draw(axes: Any) -> None:  # noqa: ANN401 - as above
        for number, (level, (colour, marker)) in enumerate(zip(Level, _LEVELS, strict=True)):
            rows = [row for row in chosen if row.level is level]
            if not rows:
                continue
            places = [names.index((row.kind, row.field)) + 0.24 * (number - 1) for row in rows]
            values = [100 * (row.right.value or 0.0) for row in rows]
            below = [value - 100 * row.right.lower_95 for value, row in zip(values, rows, strict=True)]
            above = [100 * row.right.upper_95 - value for value, row in zip(values, rows, strict=True)]
            axes.errorbar(
                values,
                places,
                xerr=[below, above],
                fmt=marker,
                color=colour,
                markersize=4,
                capsize=2,
                linewidth=1.2,
                label=LEVEL_TITLES[level],
            )
        axes.set_yticks(range(len(names)), [f"{KIND_TITLES[kind]}: {name.replace('_', ' ')}" for kind, name in names])
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(0, 102)
        axes.set_xlabel("read right, %")
        axes.legend(loc="lower left")

    return svg(draw, title, size=(8.2, 1.4 + 0.3 * len(names)))


def _shares(row: ZoneRow) -> tuple[float, float, float, float]:
    """Per cent, in the order of `_PARTS`."""
    trials = row.accepted.trials
    unaccepted = row.exact.errors - row.accepted.errors
    parts = (row.accepted.errors, unaccepted, row.refused - unaccepted, row.wrong_accepted.errors)
    right, exact, refused, wrong = (100 * part / trials for part in parts)
    return right, exact, refused, wrong
