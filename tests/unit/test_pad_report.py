"""The report of attack detection from made results: counts, bounds, order, page, JSON."""

import random
import re
from html.parser import HTMLParser

import msgspec
import pytest

from pad_results import FACTS, SPECIES, many, result
from visavis.domain.evidence import Outcome
from visavis.evaluation.laboratory.result import BONA_FIDE, TrialResult
from visavis.evaluation.pad_curves import area_under, curves
from visavis.evaluation.pad_page import to_html
from visavis.evaluation.pad_report import POINTS, PadReport, schema, to_json
from visavis.evaluation.pad_summary import interval_over_people, summarise
from visavis.evaluation.pad_tables import measured_on, tables
from visavis.pad.evidence import Witness

PASS, FAIL, UNSURE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


@pytest.fixture(scope="module")
def results() -> list[TrialResult]:
    return many(random.Random(4))


@pytest.fixture(scope="module")
def report(results: list[TrialResult]) -> PadReport:
    return summarise(results, SPECIES, FACTS)


@pytest.fixture(scope="module")
def page(report: PadReport) -> str:
    return to_html(report)


def summary_of(*items: TrialResult) -> PadReport:
    return summarise(items, SPECIES, FACTS)


def test_the_worst_species_comes_first_and_none_is_averaged(report: PadReport) -> None:
    assert [row.code for row in report.species] == ["mesh_puppet", "print_flat"]
    puppet, flat = report.species
    assert (puppet.at("standard").accepted.errors, puppet.at("standard").accepted.trials) == (20, 40)
    assert flat.at("standard").accepted.errors == 0
    assert flat.at("standard").accepted.upper_95 == pytest.approx(3 / 40)  # the rule of 3
    assert flat.at("standard").people.errors == 0
    assert puppet.at("standard").people.errors == 3


def test_only_a_pass_is_accepted_and_the_rest_is_told_apart() -> None:
    items = [result("print_flat", number, outcome) for number, outcome in enumerate((PASS, FAIL, UNSURE, UNSURE))]
    point = summary_of(*items).species[0].at("standard")
    assert (point.accepted.errors, point.refused, point.undecided) == (1, 1, 2)


def test_non_response_is_no_misclassification_and_both_are_not_accepted() -> None:
    items = [result(BONA_FIDE, number, outcome) for number, outcome in enumerate((PASS, FAIL, UNSURE, UNSURE))]
    living = summary_of(*items).bona_fide
    assert living is not None
    point = living.at("standard")
    assert (point.attack.errors, point.no_response.errors, point.not_accepted.errors) == (1, 2, 3)
    assert point.not_accepted.trials == 4


def test_a_second_channel_answers_for_the_light_alone() -> None:
    items = [result(BONA_FIDE, 0, PASS, second=True), result(BONA_FIDE, 1, PASS, UNSURE), result(BONA_FIDE, 2, PASS)]
    living = summary_of(*items).bona_fide
    assert living is not None
    assert [living.at(point).not_accepted.errors for point in POINTS] == [0, 2, 1]


def test_a_presentation_that_could_not_be_made_counts_for_nothing() -> None:
    found = summary_of(result("print_flat", 0, PASS, problem="clip_cannot_answer"), result("print_flat", 1, FAIL))
    assert found.species[0].trials == 1
    assert found.not_staged == (("print_flat", "clip_cannot_answer", 1),)


def test_recordings_are_kept_apart_from_simulation(report: PadReport) -> None:
    assert report.recorded is not None
    assert report.bona_fide is not None
    assert (report.recorded.trials, report.recorded.people) == (4, 4)
    assert report.bona_fide.trials == 40
    assert report.recorded.by_return == ()


def test_recorded_attacks_stand_beside_the_simulated_ones() -> None:
    found = summary_of(
        result("print_flat", 0, FAIL),
        result("print_flat", 0, PASS, half="recorded", r=None),
        result("silicone_mask", 1, FAIL, half="recorded", r=None),
    )
    assert [(row.title, row.recorded, row.at("standard").accepted.errors) for row in found.species] == [
        ("Flat print <held>, recorded", True, 1),
        ("Flat print <held>", False, 0),
        ("silicone mask, recorded", True, 0),
    ]
    assert "1 simulated attack presentations of 1 species and 2 recorded ones of 2 species" in measured_on(found)


def test_where_the_light_can_tell_is_by_the_conditions_and_not_by_the_outcome() -> None:
    items = [
        result("print_flat", 0, PASS, r=0.05),
        result("print_flat", 1, FAIL, r=0.05),
        result("print_flat", 2, FAIL),
    ]
    lit = summary_of(*items).species[0].at("standard").lit
    assert lit is not None
    assert (lit.errors, lit.trials) == (0, 1)


def test_the_share_that_the_light_can_tell_is_of_those_who_saw_it() -> None:
    unlit = result(BONA_FIDE, 0, UNSURE, light=Outcome.NOT_MEASURED)
    living = summary_of(unlit, result(BONA_FIDE, 1, PASS), result(BONA_FIDE, 2, PASS, light=UNSURE)).bona_fide
    assert living is not None
    (row,) = living.by_return
    assert (row.light.errors, row.light.trials) == (1, 2)


def test_only_patient_presentations_say_what_a_witness_catches(report: PadReport) -> None:
    assert [row.species for row in report.witnesses] == [BONA_FIDE, "print_flat", "mesh_puppet"]
    assert {row.trials for row in report.witnesses} == {5}
    flat = report.witnesses[1]
    assert [cell.witness for cell in flat.cells] == list(Witness)
    assert flat.cells[1].refused == 5
    assert all(cell.auc is None for cell in report.witnesses[0].cells)


def test_the_area_counts_ties_as_half() -> None:
    assert area_under([0.0, 0.1], [0.5, 0.6]) == 1
    assert area_under([0.5], [0.5]) == 0.5
    assert area_under([0.9], [0.5, 1.0]) == 0.5
    assert area_under([], [0.5]) is None


def test_every_species_weighs_alike_in_a_curve_and_no_score_is_the_lowest() -> None:
    people = [result(BONA_FIDE, 0, PASS, score=0.5)]
    strong = [result("mesh_puppet", number, PASS, score=0.9) for number in range(2)]
    weak = [result("print_flat", number, FAIL, score=None) for number in range(4)]
    curve = next(item for item in curves({BONA_FIDE: people, "m": strong, "p": weak}) if item.name == "structure")
    at = {point.threshold: point for point in curve.points}
    assert at[0.9].attacks == pytest.approx(0.5)
    assert at[0.9].bona_fide == 1
    assert curve.area == pytest.approx(0.5)
    assert curve.attacks == 6


def test_the_interval_over_people_counts_each_once() -> None:
    low, high = interval_over_people([0.0, 0.1, 0.2]) or (0, 0)
    # mean 0.1, deviation 0.1, t of 2 degrees of freedom 4.303
    assert low == 0
    assert high == pytest.approx(0.1 + 4.303 * 0.1 / 3**0.5)
    assert interval_over_people([0.1, 0.2]) is None
    assert interval_over_people([0.1, 0.1, 0.1]) is None


def test_json_is_what_the_schema_says_and_reads_back(report: PadReport) -> None:
    text = to_json(report)
    assert msgspec.json.decode(text, type=PadReport) == report
    assert text == to_json(report)
    assert "PadReport" in schema()["$defs"]


class _Page(HTMLParser):
    """Every opening tag must be closed, and nothing may point out of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.unnamed = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.outside += [
            value or "" for name, value in attrs if name in {"src", "href"} and not (value or "").startswith("#")
        ]
        self.unnamed += tag == "svg" and given.get("role") != "img"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_from_outside(page: str) -> None:
    parser = _Page()
    parser.feed(page)
    assert (parser.open, parser.outside, parser.unnamed) == ([], [], 0)
    assert page.count("<svg") == 4
    assert page.count("<title>") == 1 + 4  # of the page, and a text for each drawing
    assert "<script" not in page
    assert "data:" not in page
    assert not re.search(r"https?://", page)


def test_the_page_escapes_what_names_hold(page: str) -> None:
    assert "Flat print &lt;held&gt;" in page
    assert "clips &lt;of&gt; people" in page
    assert "<held>" not in page
    assert "A note with &lt;angles&gt;." in page


def test_the_page_says_what_is_simulated_and_what_is_recorded(report: PadReport, page: str) -> None:
    assert "40 simulated bona fide presentations and 4 recorded bona fide ones of 4 people" in measured_on(report)
    assert "Living people, simulated: not accepted" in page
    assert "Living people, recorded: not accepted" in page


def test_every_table_has_a_cell_for_each_column(report: PadReport) -> None:
    keys = [table.key for table in tables(report)]
    assert keys[0] == "species"
    assert {"bona-fide-simulated", "people", "returns", "witnesses", "last", "areas", "reasons"} <= set(keys)
    assert all(len(row) == len(table.columns) for table in tables(report) for row in table.rows)


def test_a_report_of_attacks_alone_or_of_people_alone() -> None:
    for items in ([result("print_flat", 0, FAIL)], [result(BONA_FIDE, 0, PASS)], []):
        found = summary_of(*items)
        assert "<h1>" in to_html(found)
        assert found.curves == ()
