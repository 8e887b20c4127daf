"""Pictures of a document taken together: what counts as read, what confirms a number, and what a chip adds."""

import dataclasses
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from chip_holder import fields
from reading_material import EXPIRES, LINES, SPOILT, TODAY, chip, found, line, page, printed
from visavis.document.consistency import Place
from visavis.document.dates import PartialDate
from visavis.document.flat_page import lay_flat, whole_picture
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import Format
from visavis.document.mrz_picture.find import MrzFound
from visavis.document.prc_card.back import PrcBack
from visavis.document.prc_card.front import PrcFront
from visavis.document.prc_id import PrcValidity, read_number
from visavis.document.reading import DocumentKind, DocumentReading, PageReading
from visavis.document.reading_summary import PageText, PlacedLine, summed_up, with_chip
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS


def read(*pages: PageReading, text: tuple[PlacedLine, ...] = ()) -> DocumentReading:
    texts = [PageText(lines=text)] + [PageText() for _ in pages[1:]]
    reading = summed_up(pages, texts, today=TODAY)
    assert set(reading.advice) <= set(REASONS)
    assert set(reading.consistent.reasons) <= set(REASONS)
    return reading


def test_a_sure_zone_that_agrees_with_print() -> None:
    reading = read(page(found(), printed()))
    assert reading.accepted
    assert reading.kind is DocumentKind.TD3
    assert [item.place for item in reading.statements] == [Place.MACHINE_READABLE_ZONE, Place.VISUAL_ZONE]
    assert reading.consistent.outcome is Outcome.PASS
    assert reading.advice == ()


def test_print_that_differs_is_told() -> None:
    reading = read(page(found(), printed(birth_date=PartialDate(year=1984, month=6, day=15))))
    assert reading.accepted  # it was read well; that it disagrees is evidence
    assert reading.consistent.outcome is Outcome.FAIL
    assert reading.consistent.reasons[0] == "birth_date_disagrees"


def number_at() -> int:
    return len(LINES[0]) + LINES[1].index("8")


def test_a_doubtful_number_is_no_statement_until_something_confirms_it() -> None:
    doubtful = found(doubt=number_at())
    alone = read(page(doubtful, printed(document_number=None)))
    assert not alone.accepted
    assert alone.advice
    assert all(item.document_number is None for item in alone.statements)
    for reading in (
        read(page(doubtful, printed())),
        read(page(doubtful, printed(document_number=None)), text=(line("L898902C3"),)),
        with_chip(alone, chip()),
    ):
        assert reading.accepted
        assert reading.mrz is not None
        assert reading.mrz.number_confirmed
        assert reading.consistent.outcome is Outcome.PASS
    other = read(page(doubtful, printed(document_number="X12345678")))
    assert not other.accepted


def numbered(number: str, **options: int) -> MrzFound:
    return found(generate_mrz(fields(expires=EXPIRES, number=number), Format.TD3), **options)  # type: ignore[arg-type]  # by name


def test_print_cannot_tell_letters_from_their_digits_and_the_zone_can() -> None:
    """Where the zone is sure of an O, a 0 in print is that O; where it is not, print confirms nothing."""
    sure = read(page(numbered("AO3I5789B"), printed(document_number="A0315789B")))
    assert sure.accepted
    assert sure.consistent.outcome is Outcome.PASS
    other_way = read(page(numbered("A031578 9".replace(" ", "")), printed(document_number="AO3I5789")))
    assert other_way.consistent.outcome is not Outcome.PASS
    at = len(LINES[0]) + 3
    for number in ("A030578", "A131578", "A6X3578"):
        doubtful = read(page(numbered(number, doubt=at), printed(document_number=number)))
        assert not doubtful.accepted, number
    assert read(page(numbered("A435578", doubt=at), printed(document_number="A435578"))).accepted


def test_a_zone_that_cannot_be_believed_says_nothing() -> None:
    reading = read(page(found(SPOILT), printed()))
    assert not reading.accepted
    assert [item.place for item in reading.statements] == [Place.VISUAL_ZONE]
    assert reading.consistent.outcome is Outcome.INCONCLUSIVE
    assert reading.advice == reading.consistent.reasons


def test_a_chip_is_held_against_all_that_was_read() -> None:
    reading = read(page(found(), printed()))
    assert with_chip(reading, chip()).consistent.outcome is Outcome.PASS
    swapped = with_chip(reading, chip(document_number="X12345678"))
    assert swapped.consistent.outcome is Outcome.FAIL
    assert "document_number_disagrees" in swapped.consistent.reasons
    assert [item.place for item in swapped.printed] == [Place.MACHINE_READABLE_ZONE, Place.VISUAL_ZONE]
    # where no zone was read, print and chip speak for themselves
    unread = with_chip(read(page(None, printed())), chip())
    assert unread.consistent.outcome is Outcome.PASS
    assert not unread.accepted
    with pytest.raises(ValueError, match="one statement"):
        with_chip(unread, chip())


def test_sides_and_frames_are_one_document() -> None:
    reading = read(page(None, printed()), page(found(picture="2")), page(found(picture="3")))
    assert reading.accepted
    assert reading.mrz is not None
    assert reading.mrz.pictures_agree
    assert reading.consistent.outcome is Outcome.PASS


def with_portrait(bare: PageReading, inter_eye: float) -> PageReading:
    """As far as choosing goes, a portrait is how far its eyes are apart."""
    portrait = SimpleNamespace(face=SimpleNamespace(inter_eye_px=inter_eye))
    return dataclasses.replace(bare, portrait=portrait)  # type: ignore[arg-type]  # stands for a DocumentPortrait


def bearer(reading: DocumentReading) -> int | None:
    return None if reading.portrait is None else reading.portrait[0]


def test_a_portrait_counts_on_a_page_that_says_whose_it_is() -> None:
    genuine = with_portrait(page(found(), printed()), 60)
    assert bearer(read(genuine)) == 0
    stranger = with_portrait(PageReading(), 200)
    assert bearer(read(stranger, genuine)) == 1
    assert bearer(read(stranger, page(found(picture="2"), printed()))) is None
    # another's passport, read too badly to speak against the genuine one, brings no portrait into it
    others = generate_mrz(fields(expires=EXPIRES, number="X12345678", born=date(1970, 1, 1)), Format.TD3)
    blurred = with_portrait(page(found((others[0][:5] + "OTHER<<PERSON".ljust(39, "<"), SPOILT[1]))), 200)
    reading = read(blurred, genuine)
    assert bearer(reading) in (1, None)
    # of a card the side with print
    card_front = with_portrait(page(None, printed()), 60)
    assert bearer(read(card_front, page(found(picture="2")), stranger)) == 0
    assert bearer(read(stranger, with_portrait(card(front(RIGHT)), 50))) == 1


def front(number: str, **changes: object) -> PrcFront:
    told = read_number(number, today=TODAY)
    plain = PrcFront(
        name="样本",
        sex=told.sex,
        nationality="汉",
        birth_date=None if told.birth_date is None else PartialDate.of(told.birth_date),
        address=None,
        number=told,
        fields={},
        problems=(),
        unread=(),
        marked_specimen=True,
    )
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type]  # fields by name


def back(**validity: object) -> PrcBack:
    period = PrcValidity(**validity)  # type: ignore[arg-type]  # fields by name
    return PrcBack(authority=None, validity=period, fields={}, problems=(), unread=(), marked_specimen=True)


RIGHT = "11010519491231002X"


def card(side: PrcFront | PrcBack) -> PageReading:
    if isinstance(side, PrcFront):
        return PageReading(kind=DocumentKind.PRC_CARD, prc_front=side)
    return PageReading(kind=DocumentKind.PRC_CARD, prc_back=side)


def test_both_sides_of_the_card() -> None:
    reading = read(card(front(RIGHT)), card(back(issued=date(2020, 1, 1), expires=date(2040, 1, 1))))
    assert reading.accepted
    assert reading.kind is DocumentKind.PRC_CARD
    assert reading.consistent.outcome is Outcome.PASS
    assert reading.statements[0].expiry_date == PartialDate(year=2040, month=1, day=1)
    assert not reading.endless
    assert read(card(back(issued=date(2020, 1, 1), long_term=True))).endless


def test_a_card_whose_number_does_not_hold_is_not_accepted() -> None:
    reading = read(card(front(RIGHT[:-1] + "1")))
    assert not reading.accepted
    assert reading.advice
    assert reading.consistent.outcome is not Outcome.PASS


def test_what_is_no_document_says_so() -> None:
    reading = read(PageReading(advice=("not_a_document",)))
    assert not reading.accepted
    assert reading.advice == ("not_a_document",)
    assert reading.consistent.reasons == ("not_a_document",)
    assert reading.statements == ()


def test_a_flat_page_knows_the_way_back() -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (400, 600, 3), dtype=np.uint8)
    quad = np.array([[80, 60], [520, 90], [500, 340], [60, 330]], np.float64)
    flat = lay_flat(pixels, quad, (85.6, 53.98))
    assert flat is not None
    height, width = flat.pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    assert np.allclose(flat.in_picture(corners), quad, atol=1e-6)
    turned = flat.half_turned()
    assert np.allclose(turned.in_picture(corners), np.roll(quad, 2, axis=0), atol=1e-6)
    assert np.array_equal(turned.pixels[::-1, ::-1], flat.pixels)
    assert lay_flat(pixels, np.zeros((4, 2)), (85.6, 53.98)) is None
    whole = whole_picture(pixels)
    assert np.array_equal(whole.in_picture(quad), quad)
