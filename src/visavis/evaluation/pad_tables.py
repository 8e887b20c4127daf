"""The tables of a report of attack detection, once for the terminal, the page and the documentation."""

from collections.abc import Sequence
from typing import Final

from visavis.evaluation import words
from visavis.evaluation.bounds import Rate
from visavis.evaluation.pad_report import POINTS, BonaFide, PadReport, SpeciesRow, WitnessCell
from visavis.evaluation.tables import Table
from visavis.pad.evidence import Witness

__all__ = ["POINT_TITLES", "measured_on", "tables", "title_of"]

POINT_TITLES: Final = dict(zip(POINTS, ("standard", "strict", "strict, with a second channel"), strict=True))
LIVING: Final = "living people"
NONE: Final = "–"


def measured_on(report: PadReport) -> str:
    """One sentence: what was measured, on what."""
    simulated, recorded = ([row for row in report.species if row.recorded is kept] for kept in (False, True))
    parts = [f"{words.count(_trials(simulated))} simulated attack presentations of {len(simulated)} species"]
    if recorded:
        parts.append(f"{words.count(_trials(recorded))} recorded ones of {len(recorded)} species")
    if report.bona_fide is not None:
        parts.append(f"{words.count(report.bona_fide.trials)} simulated bona fide presentations")
    if report.recorded is not None:
        parts.append(
            f"{words.count(report.recorded.trials)} recorded bona fide ones of "
            f"{words.count(report.recorded.people)} people"
        )
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    people = f"{report.half} half, {len(report.people)} people"
    return f"{listed}; clips: {report.captures}, {people}."


def _trials(rows: Sequence[SpeciesRow]) -> int:
    return sum(row.trials for row in rows)


def title_of(report: PadReport, code: str) -> str:
    """What a species is called."""
    return next((row.title for row in report.species if row.code == code and not row.recorded), LIVING)


def tables(report: PadReport) -> tuple[Table, ...]:
    """Those that have something to say, in reading order."""
    built = [
        _species(report),
        *(_bona_fide(item) for item in (report.bona_fide, report.recorded) if item is not None),
        _people(report.bona_fide, report.recorded),
        _returns(report.bona_fide),
        _frame_rates(report.bona_fide),
        _species_returns(report),
        _witnesses(report),
        _last(report),
        _areas(report),
        _reasons(report),
        _not_staged(report),
    ]
    return tuple(table for table in built if table.rows)


def _of(value: Rate) -> str:
    return f"{words.count(value.errors)} of {words.count(value.trials)}"


def _rate(value: Rate | None) -> str:
    if value is None or value.value is None:
        return NONE
    return f"{words.percent(value.value)} ({words.bounds(value)})"


def _short(value: Rate | None) -> str:
    if value is None or value.value is None:
        return NONE
    return f"{words.percent(value.value)}, at most {words.percent(value.upper_95)}"


def _species(report: PadReport) -> Table:
    def row(item: SpeciesRow) -> tuple[str, ...]:
        standard, strict, second = (item.at(point) for point in POINTS)
        return (
            item.title,
            words.count(item.trials),
            _rate(standard.accepted),
            _short(standard.lit),
            _rate(strict.accepted),
            _short(second.accepted),
            f"{words.count(standard.refused)}, {words.count(standard.undecided)}",
            _of(standard.people),
        )

    return Table(
        key="species",
        title="Attack presentations that were accepted (APCER), the worst first",
        columns=(
            "species",
            "trials",
            "standard (95 % bounds)",
            f"standard, light from {report.conclusive_from:.0%}",
            "strict (95 % bounds)",
            "strict, with a second channel",
            "refused, undecided",
            "people with any",
        ),
        rows=tuple(row(item) for item in report.species),
        note="A presentation is accepted, refused (taken for an attack) or undecided (not classified: to be tried "
        "again, or referred to a person); the last two at standard. Bounds take presentations as independent "
        "(Clopper-Pearson; the rule of 3 without an error), but they are made of few people: “people with any” counts "
        f"those of whom one was accepted. “Light from {report.conclusive_from:.0%}”: the screen gives that share of "
        "the light on the face, or more. “With a second channel”: as if the attacker held the holder's second channel "
        "too; without it they stand as strict.",
    )


def _bona_fide(item: BonaFide) -> Table:
    kind = "recorded" if item.recorded else "simulated"
    return Table(
        key=f"bona-fide-{kind}",
        title=f"Living people, {kind}: not accepted",
        columns=(
            "operating point",
            "trials",
            "taken for an attack (BPCER)",
            "not classified (non-response)",
            "not accepted",
            "95 % over people",
        ),
        rows=tuple(
            (
                POINT_TITLES[point.point],
                words.count(point.not_accepted.trials),
                _rate(point.attack),
                _rate(point.no_response),
                _rate(point.not_accepted),
                words.bounds(point.over_people) if point.over_people else NONE,
            )
            for point in item.points
        ),
        note=f"One attempt each, of {words.count(item.people)} people. Who is not classified may try again or take the "
        "other way. “Over people” is the interval of the mean over people, each counting once, since presentations of "
        "one person resemble each other; with few people it is wide, and where all have the same rate there is none.",
    )


def _people(*items: BonaFide | None) -> Table:
    rows = [
        (
            f"{row.person} (recorded)" if item.recorded else row.person,
            words.count(row.trials),
            *(words.percent(value.value) for value in row.not_accepted),
            row.replaced or NONE,
            _codes(row.reasons),
        )
        for item in items
        if item is not None
        for row in item.by_person
    ]
    return Table(
        key="people",
        title="Living people one by one: not accepted",
        columns=("person", "trials", *POINT_TITLES.values(), "gestures replaced", "why not, at standard"),
        rows=tuple(rows),
        note="Nobody in a clip followed prompts: an actor plays the stretches in which they happen to turn or close "
        "their eyes. A gesture that a clip does not hold is replaced by another, as a policy does for people who "
        "cannot make it.",
    )


def _returns(item: BonaFide | None) -> Table:
    rows = [] if item is None else item.by_return
    return Table(
        key="returns",
        title="Living people by the screen's share of the light on the face",
        columns=("share", "light can tell", *(f"accepted at {title}" for title in POINT_TITLES.values())),
        rows=tuple(
            (_span(row.low, row.high), _rate(row.light), *(_rate(rate) for rate in row.accepted)) for row in rows
        ),
        note="The light witness can tell where it passes or fails; it never holds a bright room against anybody.",
    )


def _frame_rates(item: BonaFide | None) -> Table:
    rows = [] if item is None else item.by_frame_rate
    return Table(
        key="frame-rates",
        title="Living people by frames a second: not accepted",
        columns=("frames a second", *POINT_TITLES.values()),
        rows=tuple((f"{row.rate_hz:g}", *(_rate(rate) for rate in row.not_accepted)) for row in rows),
    )


def _species_returns(report: PadReport) -> Table:
    """Only of species of which any was accepted: the others would be rows of noughts."""
    rows = [
        (item.title, _span(row.low, row.high), _rate(row.standard), _rate(row.strict))
        for item in report.species
        if any(point.accepted.errors for point in item.points)
        for row in item.by_return
    ]
    return Table(
        key="species-returns",
        title="Accepted attack presentations by the screen's share of the light",
        columns=("species", "share", "standard", "strict"),
        rows=tuple(rows),
    )


def _span(low: float, high: float) -> str:
    return f"{low:.1%} to {high:.1%}".replace(".0%", "%").replace("%", " %")


def _witnesses(report: PadReport) -> Table:
    def cell(item: WitnessCell) -> str:
        return f"{item.refused}, {item.undecided}, {item.passed}"

    return Table(
        key="witnesses",
        title="What each witness says by itself: refuses, cannot tell, passes",
        columns=("species", "trials", *Witness),
        rows=tuple(
            (title_of(report, row.species), words.count(row.trials), *(cell(item) for item in row.cells))
            for row in report.witnesses
        ),
        note="On the first presentations of each species, which went on to their end even where the gestures had "
        "failed; the others stop there, as in the field. The passive witness is advice and decides nothing.",
    )


def _last(report: PadReport) -> Table:
    rows = [
        (item.title, ", ".join(f"{witness.value} {times}" for witness, times in item.last))
        for item in report.species
        if item.last
    ]
    return Table(
        key="last",
        title="Presentations that one witness alone kept from a pass, at standard",
        columns=("species", "witness, presentations"),
        rows=tuple(rows),
        note="Where one witness stands alone, another attacker who gets past it gets in.",
    )


def _areas(report: PadReport) -> Table:
    attacks = [row for row in report.witnesses if any(cell.auc is not None for cell in row.cells)]
    return Table(
        key="areas",
        title="How well each score parts a species from living people (area under the curve)",
        columns=("species", *Witness),
        rows=tuple(
            (
                title_of(report, row.species),
                *(NONE if cell.auc is None else f"{cell.auc:.2f}" for cell in row.cells),
            )
            for row in attacks
        ),
        note="1: every attack scores below every living person; 0.5: no better than chance. Of presentations with a "
        "score.",
    )


def _reasons(report: PadReport) -> Table:
    return Table(
        key="reasons",
        title="Why attack presentations were stopped, at standard",
        columns=("species", "reasons", "taken for"),
        rows=tuple((item.title, _codes(item.reasons), _codes(item.instruments)) for item in report.species),
    )


def _codes(counted: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{code} {times}" for code, times in counted) or NONE


def _not_staged(report: PadReport) -> Table:
    return Table(
        key="not-staged",
        title="Presentations that could not be made",
        columns=("species", "why", "presentations"),
        rows=tuple((title_of(report, code), why, words.count(times)) for code, why, times in report.not_staged),
        note="They count for nothing: neither as stopped nor as accepted.",
    )
