"""Tables of a report as Markdown, and figures written into a page between their markers."""

from collections.abc import Sequence

from visavis.evaluation.tables import Table

__all__ = ["markdown_section", "markdown_table", "put_between"]


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def markdown_section(table: Table) -> str:
    """``table`` under its title, with its note."""
    note = f"\n\n{table.note}" if table.note else ""
    return f"### {table.title}\n\n{markdown_table(table.columns, table.rows)}{note}"


def put_between(page: str, text: str, *, begin: str, end: str) -> str:
    """``page`` with ``text`` in place of what stands between its markers. Raises ValueError where it lacks one."""
    head, mark, rest = page.partition(begin)
    _, closing, tail = rest.partition(end)
    if not mark or not closing:
        raise ValueError("the page has lost its markers")
    return f"{head}{begin}\n\n{text}\n\n{end}{tail}"
