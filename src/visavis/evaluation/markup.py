"""The pieces of an HTML page that a report is made of: no script, no reference to anything outside.

Readable on a phone and in the dark; tables scroll by keyboard, and every plot has its figures beside it.
"""

import html
from collections.abc import Iterable, Sequence
from typing import Final

from visavis.evaluation.tables import Table

__all__ = ["details", "document", "figure", "headline", "notes", "section"]

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
figure.wide { grid-column: 1 / -1; max-width: 52rem; }
figure svg { width: 100%; height: auto; }
details { margin: .5rem 0; }
"""


def document(title: str, *, lead: str, body: str, foot: str) -> str:
    """A whole page; ``body`` is HTML, the others are text."""
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
<p class="lead">{html.escape(lead)}</p>
{body}
</main>
<footer>
<p>{html.escape(foot)}</p>
</footer>
</body>
</html>
"""


def headline(figures: Iterable[tuple[str, str]]) -> str:
    """The few figures that a reader wants first: pairs of a name and a value."""
    cells = "\n".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>" for name, value in figures
    )
    return f'<dl class="figures">\n{cells}\n</dl>'


def notes(items: Iterable[str]) -> str:
    """A list."""
    return "<ul>\n" + "\n".join(f"<li>{html.escape(item)}</li>" for item in items) + "\n</ul>"


def section(table: Table) -> str:
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


def figure(svg: str, caption: str, equivalent: str, *, wide: bool = False) -> str:
    """A drawing with its caption; ``equivalent``: HTML that holds its figures, or nothing where a table does."""
    kind = ' class="wide"' if wide else ""
    return f"<figure{kind}>{svg}<figcaption class='note'>{html.escape(caption)}</figcaption>{equivalent}</figure>\n"


def details(summary: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<details><summary>{summary}</summary><div class="scroll" tabindex="0" role="region" aria-label="{summary}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div></details>"
    )
