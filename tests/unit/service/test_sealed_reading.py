"""A sealed reading opens for its own verification, session and policy, in its time, and for nothing else."""

import base64
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.comparison.templates import Template
from visavis.decision.vocabulary import ReferenceSource
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.errors import InputError
from visavis.perception.quality import QualityComponent, SampleQuality
from visavis.perception.session import ModelIdentity
from visavis.service.samples import Role, Sample
from visavis.service.sealed_reading import (
    MOST_LETTERS,
    MOST_PORTRAIT_BYTES,
    Reading,
    ReadingPlace,
    ReadingSeal,
)

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=15)
KEY = bytes(range(32))
PLACE = ReadingPlace(verification="ver_1", session="session", policy_digest="0" * 64)
SEAL = ReadingSeal([KEY])

texts = st.text(max_size=40)
numbers = st.floats(allow_nan=False, allow_infinity=False)
details = st.dictionaries(
    texts, st.one_of(texts, st.integers(-(2**53), 2**53), numbers, st.booleans(), st.none()), max_size=4
)
evidence = st.builds(
    Evidence,
    check=st.sampled_from(Check),
    outcome=st.sampled_from(Outcome),
    score=st.none() | numbers,
    operating_point=st.none() | texts,
    reasons=st.lists(texts, max_size=3).map(tuple),
    details=details,
)
qualities = st.builds(
    SampleQuality,
    components=st.lists(
        st.builds(QualityComponent, name=texts, value=numbers, score=numbers, reason=st.none() | texts), max_size=3
    ).map(tuple),
    unified=numbers,
)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    raw = np.random.default_rng(draw(st.integers(0, 2**32))).normal(size=draw(st.integers(2, 600)))
    vector = (raw / np.linalg.norm(raw)).astype(np.float32)
    model = ModelIdentity(draw(texts), draw(texts), draw(texts))
    return Template(vector=vector, model=model, quality=draw(st.floats(0, 100)))


samples = st.builds(
    Sample,
    role=st.just(Role.REFERENCE),
    reason=st.none() | texts,
    quality=st.none() | qualities,
    template=st.none() | templates(),
    notes=st.lists(texts, max_size=3).map(tuple),
    frames=st.integers(0, 1000),
    frames_used=st.integers(0, 1000),
)
readings = st.builds(
    Reading,
    reference=samples,
    source=st.sampled_from(ReferenceSource),
    checks=st.lists(evidence, max_size=4).map(tuple),
    person=st.none() | texts,
    fields=st.dictionaries(texts, texts, max_size=6),
    portrait=st.binary(max_size=500),
)
SIMPLE = Reading(
    reference=Sample(role=Role.REFERENCE, reason="no_face"),
    source=ReferenceSource.DOCUMENT_PORTRAIT,
    fields={"family_name": "ERIKSSON"},
    person="pseudonym",
)


def same(one: Reading, other: Reading) -> bool:
    a, b = one.reference, other.reference
    return (
        (one.source, one.checks, one.person, dict(one.fields), one.portrait)
        == (other.source, other.checks, other.person, dict(other.fields), other.portrait)
        and (a.role, a.reason, a.quality, a.notes, a.frames, a.frames_used)
        == (b.role, b.reason, b.quality, b.notes, b.frames, b.frames_used)
        and same_template(a.template, b.template)
    )


def same_template(one: Template | None, other: Template | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one.vector, other.vector) and (one.model, one.quality) == (other.model, other.quality)


@given(readings)
@settings(max_examples=60)
def test_what_was_sealed_comes_back(reading: Reading) -> None:
    text = SEAL.seal(reading, PLACE, expires_at=LATER)

    assert same(SEAL.open(text, PLACE, now=NOW), reading)


@pytest.mark.parametrize(
    "place",
    [
        ReadingPlace(verification="ver_2", session="session", policy_digest="0" * 64),
        ReadingPlace(verification="ver_1", session="another", policy_digest="0" * 64),
        ReadingPlace(verification="ver_1", session="session", policy_digest="1" * 64),
        ReadingPlace(verification="ver_1s", session="ession", policy_digest="0" * 64),
    ],
)
def test_it_opens_nowhere_else(place: ReadingPlace) -> None:
    text = SEAL.seal(SIMPLE, PLACE, expires_at=LATER)

    with pytest.raises(InputError) as caught:
        SEAL.open(text, place, now=NOW)
    assert caught.value.code == "reading_invalid"


@given(st.data())
@settings(max_examples=60)
def test_no_changed_bit_is_taken(data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(SEAL.seal(SIMPLE, PLACE, expires_at=LATER) + "=="))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    text = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()

    with pytest.raises(InputError) as caught:
        SEAL.open(text, PLACE, now=NOW)
    assert caught.value.code == "reading_invalid"


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_refused_in_the_same_words(text: str) -> None:
    with pytest.raises(InputError) as caught:
        SEAL.open(text, PLACE, now=NOW)
    assert caught.value.code == "reading_invalid"


def test_its_time_ends() -> None:
    text = SEAL.seal(SIMPLE, PLACE, expires_at=LATER)

    SEAL.open(text, PLACE, now=LATER - timedelta(seconds=1))
    with pytest.raises(InputError) as caught:
        SEAL.open(text, PLACE, now=LATER)
    assert caught.value.code == "reading_expired"


def test_an_older_master_key_still_opens() -> None:
    text = SEAL.seal(SIMPLE, PLACE, expires_at=LATER)
    renewed = ReadingSeal([bytes(32), KEY])

    assert same(renewed.open(text, PLACE, now=NOW), SIMPLE)
    with pytest.raises(InputError):
        ReadingSeal([bytes(32)]).open(text, PLACE, now=NOW)


def test_what_is_too_large_is_neither_sealed_nor_opened() -> None:
    large = Reading(reference=SIMPLE.reference, source=SIMPLE.source, portrait=bytes(MOST_PORTRAIT_BYTES + 1))
    wordy = Reading(reference=SIMPLE.reference, source=SIMPLE.source, fields={"family_name": "x" * MOST_LETTERS})
    for reading in (large, wordy):
        with pytest.raises(InputError) as caught:
            SEAL.seal(reading, PLACE, expires_at=LATER)
        assert caught.value.code == "reading_too_large"
    with pytest.raises(InputError) as caught:
        SEAL.open("A" * (MOST_LETTERS + 1), PLACE, now=NOW)
    assert caught.value.code == "reading_too_large"


def test_nothing_personal_shows_in_the_text_or_in_a_repr() -> None:
    text = SEAL.seal(SIMPLE, PLACE, expires_at=LATER)

    assert b"ERIKSSON" not in base64.urlsafe_b64decode(text + "==")
    assert "ERIKSSON" not in repr(SIMPLE)
    assert "pseudonym" not in repr(SIMPLE)
