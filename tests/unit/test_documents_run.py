"""A run over many specimens: kept as it comes, gone on with, and told of in a report whose figures add up."""

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from document_readings import Numbers, nothing, numbers
from visavis.errors import FileError, ModelMissingError
from visavis.evaluation.documents_cases import (
    CaseResult,
    FieldGrade,
    Group,
    MrzGrade,
    PortraitGrade,
    WayResult,
    keys_of,
    read_case,
    write_case,
)
from visavis.evaluation.documents_fit import fits
from visavis.evaluation.documents_page import documents_to_html
from visavis.evaluation.documents_report import (
    DocumentsReport,
    documents_schema,
    documents_to_json,
    summarise_documents,
)
from visavis.evaluation.documents_run import open_case_log, program_digest, run_cases
from visavis.evaluation.documents_tables import documents_measured_on, documents_notes, documents_tables
from visavis.evaluation.specimens import Level, SpecimenKind

KEYS = keys_of((Level.GOOD_PHONE,), (Group.ZONE,), count=9, seed=3, digest="d")


def report_of(results: list[CaseResult]) -> DocumentsReport:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    notes = documents_notes()
    return summarise_documents(results, seed=3, digest="d", models=(), faults=0, now=now, notes=notes)


def measured() -> list[CaseResult]:
    laboratory = Numbers()
    return [laboratory.measure(key) for key in KEYS if key.number != 7]


def front(number: int, way: WayResult) -> CaseResult:
    key = keys_of((Level.GOOD_PHONE,), (Group.PRC_FRONT,), count=number + 1, seed=3, digest="d")[number]
    return CaseResult(key=key, kind=SpecimenKind.PRC_FRONT, ways=(way,), difficulty={})


def test_a_run_keeps_what_it_measured_and_names_what_was_lost(tmp_path: Path) -> None:
    told: list[int] = []
    with open_case_log(tmp_path / "cases.jsonl") as log:
        lost = run_cases(KEYS, numbers, log=log, workers=1, advance=told.append)
    assert [item.key.number for item in lost] == [7]
    assert lost[0].what == "RuntimeError"  # and not what it said, which may hold what a document says
    assert sum(told) == 9
    with open_case_log(tmp_path / "cases.jsonl") as log:
        assert len(log.results) == 8


def test_processes_of_their_own_measure_the_same_and_hand_on_errors(tmp_path: Path) -> None:
    others = set(multiprocessing.active_children())
    with open_case_log(tmp_path / "cases.jsonl") as log:
        lost = run_cases(KEYS[4:], numbers, log=log, workers=2, advance=lambda _count: None)
        assert {item.key.number for item in lost} == {7}
        kept = sorted(log.results.values(), key=lambda item: item.key.number)
        assert kept == measured()[4:]
        with pytest.raises(ModelMissingError, match="missing"):
            run_cases(KEYS[:4], nothing, log=log, workers=2, advance=lambda _count: None)
    assert set(multiprocessing.active_children()) <= others


def test_a_run_goes_on_where_it_stopped_and_a_torn_line_is_taken_away(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"".join(map(write_case, measured()[:3])) + b"another line\n" + write_case(measured()[3])[:40])
    told: list[int] = []
    with open_case_log(file) as log:
        assert len(log.results) == 3
        run_cases(KEYS[:5], numbers, log=log, workers=1, advance=told.append)
    assert sum(told) == 2
    assert len(file.read_bytes().splitlines()) == 6


def test_results_of_another_program_or_seed_are_measured_anew(tmp_path: Path) -> None:
    with open_case_log(tmp_path / "cases.jsonl") as log:
        run_cases(KEYS[:2], numbers, log=log, workers=1, advance=lambda _count: None)
        for change in ({"digest": "e"}, {"seed": 4}):
            told: list[int] = []
            keys = [msgspec.structs.replace(key, **change) for key in KEYS[:2]]
            run_cases(keys, numbers, log=log, workers=1, advance=told.append)
            assert sum(told) == 2


def test_an_error_of_the_installation_ends_the_run_as_itself(tmp_path: Path) -> None:
    with open_case_log(tmp_path / "cases.jsonl") as log, pytest.raises(ModelMissingError) as refused:
        run_cases(KEYS, nothing, log=log, workers=1, advance=lambda _count: None)
    assert (refused.value.code, refused.value.advice) == ("model_missing", "Pull it.")


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    with (
        open_case_log(tmp_path / "cases.jsonl"),
        pytest.raises(FileError, match="Another run"),
        open_case_log(tmp_path / "cases.jsonl"),
    ):
        pass


def test_every_case_has_its_own_random_numbers_and_comes_back_from_its_line() -> None:
    keys = keys_of(tuple(Level), tuple(Group), count=3, seed=3, digest="d")
    assert len({key.stream for key in keys}) == len(keys) == 36
    result = measured()[0]
    assert read_case(write_case(result)) == result
    assert read_case(b"{}") is None


def test_the_digest_depends_on_the_models_and_not_on_their_order() -> None:
    assert program_digest(("a", "b")) == program_digest(("b", "a"))
    assert program_digest(("a",)) != program_digest(("b",))


def test_rates_count_specimens_with_their_bounds() -> None:
    report = report_of(measured())
    whole = [row for row in report.zones if row.kind is None]
    assert [row.pictures for row in whole] == [1, 3]
    assert (whole[0].accepted.errors, whole[0].accepted.trials) == (5, 8)
    assert whole[0].wrong_accepted.errors == 0
    assert whole[0].wrong_accepted.upper_95 == pytest.approx(1 - 0.05 ** (1 / 8))
    assert (whole[0].refused, whole[0].unadvised, whole[0].fitting) == (3, 0, 3)
    assert whole[0].advice == (("document_blurred", 3),)
    parts = [row.accepted.trials for row in report.zones if row.kind is not None and row.pictures == 1]
    assert sum(parts) == 8
    times = {(row.kind, row.pictures): row for row in report.times}
    assert times[SpecimenKind.TD3_PAGE, 3].median_ms == pytest.approx(304)


def test_a_wrong_acceptance_is_shown_with_its_field_wherever_it_is_told() -> None:
    results = measured()
    way = WayResult(pictures=1, ms=1.0, mrz=MrzGrade.WRONG_ACCEPTED, wrong=("document_number",), repaired=True)
    results[0] = msgspec.structs.replace(results[0], ways=(way, *results[0].ways[1:]))
    report = report_of(results)
    row = report.zones[0]
    assert (row.wrong_accepted.errors, row.repaired) == (1, 1)
    assert row.wrong_fields == (("document_number", 1),)
    by_key = {table.key: table for table in documents_tables(report)}
    assert "1 of 8" in by_key["zones"].rows[0][5]
    assert by_key["wrong"].rows == (("good phone", "one photo", "document number", "1"),)
    assert "1 of 16" in documents_to_html(report)


@pytest.mark.parametrize(
    ("code", "drawn", "fitting"),
    [
        ("document_blurred", {"focus": 1.2, "motion": 0.0, "px_per_mm": 8.0}, True),
        ("document_blurred", {"focus": 0.5, "motion": 3.4, "px_per_mm": 8.0}, True),
        ("document_blurred", {"focus": 1.2, "motion": 0.0, "px_per_mm": 20.0}, False),
        ("document_too_small", {"px_per_mm": 6.0}, True),
        ("document_too_small", {"px_per_mm": 9.0}, False),
        ("document_too_dark", {"exposure": 0.6, "shade": 0.3, "shadow": 0.4}, True),
        ("document_too_dark", {"exposure": 0.9}, False),
        ("glare_mrz", {"glare": 0.5}, True),
        ("glare_top_left", {"glare": 0.0}, False),
        ("document_tilted", {"tilt": 33.0}, True),
        ("document_cut_off", {"tilt": 33.0}, False),
        ("document_unreadable", {"glare": 1.0, "px_per_mm": 5.0}, False),
        ("document_number_unclear", {}, True),
    ],
)
def test_advice_fits_what_was_drawn_and_nothing_else(code: str, drawn: dict[str, float | str], fitting: bool) -> None:
    assert fits(code, drawn) is fitting


def test_a_number_that_is_wrong_and_valid_is_not_lost_among_the_unread() -> None:
    right = WayResult(pictures=1, ms=1.0, fields={"number": FieldGrade.RIGHT}, number_accepted=True)
    invalid = WayResult(pictures=1, ms=2.0, fields={"number": FieldGrade.WRONG}, number_accepted=False)
    valid = WayResult(pictures=1, ms=3.0, fields={"number": FieldGrade.WRONG}, number_accepted=True)
    report = report_of([front(number, way) for number, way in enumerate((right, invalid, valid))])
    assert report.numbers[0].right.errors == 1
    assert report.numbers[0].wrong_accepted.errors == 1
    field = next(row for row in report.fields if row.field == "number")
    assert (field.right.errors, field.wrong, field.missing) == (1, 2, 0)


def test_portraits_count_by_what_was_taken_for_one() -> None:
    ways = [
        WayResult(pictures=1, ms=1.0, portrait=PortraitGrade.MAIN, comparable=True),
        WayResult(pictures=1, ms=2.0, portrait=PortraitGrade.MAIN, comparable=False),
        WayResult(pictures=1, ms=3.0, portrait=PortraitGrade.GHOST),
        WayResult(pictures=1, ms=4.0, portrait=PortraitGrade.NOT_FOUND, comparable=False),
    ]
    row = report_of([front(number, way) for number, way in enumerate(ways)]).portraits[0]
    assert (row.found.errors, row.found.trials) == (2, 4)
    assert (row.ghost, row.elsewhere) == (1, 0)
    assert (row.comparable.errors, row.comparable.trials) == (1, 3)


def test_the_report_is_one_page_and_json_that_fits_its_schema_and_is_the_same_again() -> None:
    report = report_of(measured())
    text = documents_to_json(report)
    assert msgspec.json.decode(text, type=DocumentsReport) == report
    assert text == documents_to_json(report_of(measured()))
    assert "zones" in documents_schema()["$defs"]["DocumentsReport"]["properties"]
    page = documents_to_html(report)
    assert page == documents_to_html(report)
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page
    assert all(table.title in page for table in documents_tables(report))
    assert documents_measured_on(report) in page


def test_a_report_of_nothing_is_still_a_report() -> None:
    report = report_of([])
    assert documents_tables(report) == ()
    assert "0 specimens" in documents_to_html(report)
