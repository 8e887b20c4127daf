"""The tables of a report on reading documents, once for the terminal, the page and the documentation."""

from typing import Final

from visavis.evaluation import words
from visavis.evaluation.bounds import Rate
from visavis.evaluation.documents_report import DocumentsReport
from visavis.evaluation.specimens.levels import Level
from visavis.evaluation.specimens.specimen import SpecimenKind
from visavis.evaluation.tables import Table

__all__ = ["KIND_TITLES", "LEVEL_TITLES", "documents_measured_on", "documents_notes", "documents_tables", "way_title"]

LEVEL_TITLES: Final = {Level.STUDIO: "studio", Level.GOOD_PHONE: "good phone", Level.POOR_PHONE: "poor phone"}
KIND_TITLES: Final = {
    SpecimenKind.TD1_CARD_FRONT: "card of UTO, front",
    SpecimenKind.TD1_CARD_BACK: "card of UTO, back (TD1)",
    SpecimenKind.TD3_PAGE: "passport of UTO (TD3)",
    SpecimenKind.PRC_FRONT: "card of the PRC's layout, front",
    SpecimenKind.PRC_BACK: "card of the PRC's layout, back",
}
NONE: Final = "–"


def way_title(pictures: int) -> str:
    return "one photo" if pictures == 1 else f"{pictures} frames"


def documents_measured_on(report: DocumentsReport) -> str:
    """One sentence: what was measured, on what."""
    return (
        f"{words.count(report.cases)} specimens, at most {words.count(report.specimens)} of each group and level, "
        "drawn and photographed by simulation."
    )


_NOTES: Final = (
    (
        "Every document here is drawn and every photograph simulated: prints, cameras and hands of the world are more "
        "varied. The levels stand in visavis.evaluation.specimens.levels; none was fitted to a figure."
    ),
    (
        "Wrong but accepted: a zone that was accepted and differs from the print in any character. It is the figure "
        "that matters, so its upper bound stands beside it; with none in 300 it is 1 %."
    ),
    (
        "Who is refused is asked for another picture; the advice given is counted. Attempts are not independent: a "
        "document that reflects will do so again."
    ),
    (
        "Three frames are taken by one hand within a second: the same scene, a little motion, other noise, focus and "
        "place of a reflection."
    ),
    "The portraits are those of few people: the share that is comparable says more of photographs than of faces.",
)


def documents_notes() -> tuple[str, ...]:
    """What a reader must know before a figure is quoted."""
    return _NOTES


def documents_tables(report: DocumentsReport) -> tuple[Table, ...]:
    """Those that have something to say, in reading order."""
    built = (
        _zones(report),
        _numbers(report),
        _fields(report),
        _portraits(report),
        _times(report),
        _advice(report),
        _wrong(report),
    )
    return tuple(table for table in built if table.rows)


def _rate(value: Rate) -> str:
    return NONE if value.value is None else f"{words.percent(value.value)} ({words.bounds(value)})"


def _of(value: Rate) -> str:
    return f"{words.count(value.errors)} of {words.count(value.trials)}, at most {words.percent(value.upper_95)}"


def _zones(report: DocumentsReport) -> Table:
    return Table(
        key="zones",
        title="Machine-readable zones",
        columns=(
            "level",
            "read from",
            "document",
            "right and accepted",
            "read exactly",
            "wrong but accepted",
            "repaired",
        ),
        rows=tuple(
            (
                LEVEL_TITLES[row.level],
                way_title(row.pictures),
                "both" if row.kind is None else KIND_TITLES[row.kind],
                _rate(row.accepted),
                words.percent(row.exact.value),
                _of(row.wrong_accepted),
                words.count(row.repaired),
            )
            for row in report.zones
        ),
        note="With 95 % bounds. “Read exactly” counts what was read right and not accepted as well; “repaired”: "
        "accepted after one character was changed so that the check digits hold.",
    )


def _numbers(report: DocumentsReport) -> Table:
    return Table(
        key="numbers",
        title="The number of the PRC's card",
        columns=("level", "right", "wrong but valid"),
        rows=tuple((LEVEL_TITLES[row.level], _rate(row.right), _of(row.wrong_accepted)) for row in report.numbers),
        note="The number is never repaired; its check character only refuses.",
    )


def _fields(report: DocumentsReport) -> Table:
    return Table(
        key="fields",
        title="Printed fields",
        columns=("document", "field", "read from", "level", "right", "wrong", "not read"),
        rows=tuple(
            (
                KIND_TITLES[row.kind],
                row.field.replace("_", " "),
                way_title(row.pictures),
                LEVEL_TITLES[row.level],
                words.percent(row.right.value),
                words.count(row.wrong),
                words.count(row.missing),
            )
            for row in sorted(report.fields, key=lambda row: list(SpecimenKind).index(row.kind))
        ),
        note="Names without regard to hyphens and kinds of apostrophe; all else to the character.",
    )


def _portraits(report: DocumentsReport) -> Table:
    return Table(
        key="portraits",
        title="Portraits",
        columns=("document", "level", "main portrait found", "ghost taken for it", "elsewhere", "found and comparable"),
        rows=tuple(
            (
                KIND_TITLES[row.kind],
                LEVEL_TITLES[row.level],
                _rate(row.found),
                words.count(row.ghost),
                words.count(row.elsewhere),
                _rate(row.comparable),
            )
            for row in report.portraits
        ),
        note="Comparable: the portrait in the photograph matches the one that was printed, at a false match rate of "
        "1e-4.",
    )


def _times(report: DocumentsReport) -> Table:
    return Table(
        key="times",
        title="Time",
        columns=("document", "level", "read from", "median", "95 % within"),
        rows=tuple(
            (
                KIND_TITLES[row.kind],
                LEVEL_TITLES[row.level],
                way_title(row.pictures),
                f"{row.median_ms:.0f} ms",
                f"{row.p95_ms:.0f} ms",
            )
            for row in sorted(report.times, key=lambda row: list(SpecimenKind).index(row.kind))
        ),
        note="Computing of one core, models warm, from decoded pictures to fields.",
    )


def _advice(report: DocumentsReport) -> Table:
    rows = []
    for row in report.zones:
        if row.kind is None and row.refused:
            level, way = LEVEL_TITLES[row.level], way_title(row.pictures)
            rows += [(level, way, code, words.count(times), words.count(row.refused)) for code, times in row.advice]
            rows.append((level, way, "an advice that fits", words.count(row.fitting), words.count(row.refused)))
            if row.unadvised:
                rows.append((level, way, "no advice", words.count(row.unadvised), words.count(row.refused)))
    for number in report.numbers:
        rows += [
            (LEVEL_TITLES[number.level], "PRC front", code, words.count(times), NONE) for code, times in number.advice
        ]
    return Table(
        key="advice",
        title="Refused, and what was advised",
        columns=("level", "read from", "advice", "times", "refused"),
        rows=tuple(rows),
        note="A refusal may come with more than one advice. It fits where what it says was drawn for the photograph: "
        "a blur of a quarter of a stroke, under 7 px a millimetre, a third of the light, glare, a tilt over 25°. That "
        "nothing could be read fits nothing.",
    )


def _wrong(report: DocumentsReport) -> Table:
    return Table(
        key="wrong",
        title="Where accepted zones are wrong",
        columns=("level", "read from", "field", "times"),
        rows=tuple(
            (LEVEL_TITLES[row.level], way_title(row.pictures), field.replace("_", " "), words.count(times))
            for row in report.zones
            if row.kind is None
            for field, times in row.wrong_fields
        ),
    )
