"""Documents of the imaginary state UTO (ICAO 9303-3, 5: Utopia): a card of two sides, and a passport's data page."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.dates import PartialDate
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import Format
from visavis.document.mrz.zone import MrzFields, Sex
from visavis.evaluation.degradation import grey, guilloche
from visavis.evaluation.specimens.fonts import Face, Fonts
from visavis.evaluation.specimens.ink import ZONE_MM, Sheet
from visavis.evaluation.specimens.paper import TINTS, paper
from visavis.evaluation.specimens.people import (
    AUTHORITIES,
    Person,
    date_back,
    document_number,
    draw_person,
    mrz_name,
)
from visavis.evaluation.specimens.specimen import Specimen, SpecimenKind, SpecimenTruth
from visavis.perception.geometry import Box

__all__ = ["STATE", "draw_td1_back", "draw_td1_front", "draw_td3"]

STATE: Final = "UTO"

_LABELS: Final = {
    "fr": {
        "surname": "Surname / Nom",
        "given": "Given names / Prénoms",
        "nationality": "Nationality / Nationalité",
        "birth": "Date of birth / Date de naissance",
        "place": "Place of birth / Lieu de naissance",
        "sex": "Sex / Sexe",
        "issue": "Date of issue / Date de délivrance",
        "expiry": "Date of expiry / Date d’expiration",
        "authority": "Authority / Autorité",
        "passport": "Passport No. / Passeport N°",
        "card": "Document No. / N° du document",
        "type": "Type / Type",
        "code": "Code / Code",
    },
    "de": {
        "surname": "Name / Surname",
        "given": "Vornamen / Given names",
        "nationality": "Staatsangehörigkeit / Nationality",
        "birth": "Geburtsdatum / Date of birth",
        "place": "Geburtsort / Place of birth",
        "sex": "Geschlecht / Sex",
        "issue": "Ausstellungsdatum / Date of issue",
        "expiry": "Gültig bis / Date of expiry",
        "authority": "Behörde / Authority",
        "passport": "Pass-Nr. / Passport No.",
        "card": "Dokument-Nr. / Document No.",
        "type": "Typ / Type",
        "code": "Kode / Code",
    },
    "es": {
        "surname": "Surname / Apellidos",
        "given": "Given names / Nombres",
        "nationality": "Nationality / Nacionalidad",
        "birth": "Date of birth / Fecha de nacimiento",
        "place": "Place of birth / Lugar de nacimiento",
        "sex": "Sex / Sexo",
        "issue": "Date of issue / Fecha de expedición",
        "expiry": "Date of expiry / Fecha de caducidad",
        "authority": "Authority / Autoridad",
        "passport": "Passport No. / Pasaporte N°",
        "card": "Document No. / Documento N°",
        "type": "Type / Tipo",
        "code": "Code / Código",
    },
}
_TITLES: Final = {
    "fr": ("UTOPIA / UTOPIE", "PASSPORT / PASSEPORT", "IDENTITY CARD / CARTE D’IDENTITÉ"),
    "de": ("UTOPIEN / UTOPIA", "REISEPASS / PASSPORT", "PERSONALAUSWEIS / IDENTITY CARD"),
    "es": ("UTOPIA / UTOPÍA", "PASSPORT / PASAPORTE", "IDENTITY CARD / CARNÉ DE IDENTIDAD"),
}
_NATIONALITIES: Final = {"fr": "UTOPIAN / UTOPIENNE", "de": "UTOPISCH / UTOPIAN", "es": "UTOPIAN / UTOPIANA"}
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LABEL_INK: Final = (60, 80, 120)
_STAMP_INK: Final = (190, 40, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    """All that a document of UTO says, on whichever side. ``style``: 0..3, how dates are printed."""

    person: Person
    number: str
    issue: date
    expiry: date
    authority: str
    language: str
    style: int
    fields: MrzFields
    lines: tuple[str, ...]

    def day(self, day: date) -> str:
        if self.style == 0:
            return f"{day.day:02d} {_MONTHS[day.month - 1]} {day.year}"
        return day.strftime(("", "%d.%m.%Y", "%d/%m/%Y", "%Y-%m-%d")[self.style])


def draw_td3(
    fonts: Fonts, portraits: tuple[RgbImage, ...], rng: random.Random, today: date, px_per_mm: float
) -> Specimen:
    """The data page, 125 x 88 mm: zones I to V above, the machine-readable zone below (9303-4, 3)."""
    document = _draw(Format.TD3, rng, today)
    sheet = _paper(SpecimenKind.TD3_PAGE, fonts, px_per_mm, rng, quiet_from=88 - ZONE_MM)
    labels, person = _LABELS[document.language], document.person
    state, title, _ = _TITLES[document.language]
    sheet.text(5, 7.2, state, face=Face.LATIN_BOLD, em=4.6, ink=_LABEL_INK, room=45)
    sheet.text(52, 7.2, title, face=Face.LATIN_BOLD, em=4.2, ink=_LABEL_INK, room=46)
    sheet.text(101, 7.0, "SPECIMEN", face=Face.LATIN_BOLD, em=4.2, ink=_STAMP_INK, room=21)
    shown = rng.randrange(len(portraits))
    main = sheet.picture((5, 14, 35, 45), guilloche(portraits[shown], _numbers(rng), 0.12))
    ghost = sheet.picture((102, 40, 17.5, 22.5), grey(portraits[shown]), opacity=rng.uniform(0.3, 0.55))
    x, second = 44.0, 88.0
    _field(sheet, x, 12.6, labels["type"], "P")
    _field(sheet, x + 12, 12.6, labels["code"], STATE)
    _field(sheet, second, 12.6, labels["passport"], document.number)
    _field(sheet, x, 20.4, labels["surname"], person.surname.upper(), room=75)
    _field(sheet, x, 28.2, labels["given"], person.given_names.upper(), room=75)
    _field(sheet, x, 36.0, labels["nationality"], _NATIONALITIES[document.language])
    _field(sheet, x, 43.8, labels["birth"], document.day(person.birth_date))
    _field(sheet, second - 6, 36.0, labels["sex"], _sex(person.sex))
    _field(sheet, second - 6, 43.8, labels["place"], person.birth_place.upper(), room=25)
    _field(sheet, x, 51.6, labels["issue"], document.day(document.issue))
    _field(sheet, second - 6, 51.6, labels["authority"], document.authority.upper(), room=25)
    _field(sheet, x, 59.4, labels["expiry"], document.day(document.expiry))
    _stamp(sheet, 62, 40, rng)
    zone = sheet.zone(document.lines, height_mm=88, left=6.0, rng=rng)
    return Specimen(
        kind=SpecimenKind.TD3_PAGE,
        page=sheet.page,
        px_per_mm=px_per_mm,
        truth=_truth(document, shown=shown, main=main, ghost=ghost, zone=zone, printed=True),
        fonts=fonts,
    )


def draw_td1_front(
    fonts: Fonts, portraits: tuple[RgbImage, ...], rng: random.Random, today: date, px_per_mm: float
) -> Specimen:
    """The side with the portrait, 85.6 x 53.98 mm (9303-5, 3); no machine-readable zone."""
    document = _draw(Format.TD1, rng, today)
    sheet = _paper(SpecimenKind.TD1_CARD_FRONT, fonts, px_per_mm, rng)
    labels, person = _LABELS[document.language], document.person
    state, _, title = _TITLES[document.language]
    sheet.text(4, 5.4, state, face=Face.LATIN_BOLD, em=3.4, ink=_LABEL_INK, room=26)
    sheet.text(31.5, 5.4, title, face=Face.LATIN_BOLD, em=3.0, ink=_LABEL_INK, room=35)
    sheet.text(69, 5.4, "SPECIMEN", face=Face.LATIN_BOLD, em=3.0, ink=_STAMP_INK, room=14)
    shown = rng.randrange(len(portraits))
    main = sheet.picture((4, 9.5, 25.7, 33), guilloche(portraits[shown], _numbers(rng), 0.12))
    ghost = sheet.picture((71, 33, 10.5, 13.5), grey(portraits[shown]), opacity=rng.uniform(0.3, 0.55))
    x, second = 32.5, 58.0
    _field(sheet, x, 9.4, labels["surname"], person.surname.upper(), room=50, scale=0.86)
    _field(sheet, x, 15.9, labels["given"], person.given_names.upper(), room=50, scale=0.86)
    _field(sheet, x, 22.4, labels["sex"], _sex(person.sex), scale=0.86)
    _field(sheet, second - 8, 22.4, labels["nationality"], STATE, scale=0.86)
    _field(sheet, x, 28.9, labels["birth"], document.day(person.birth_date), scale=0.86)
    _field(sheet, x, 35.4, labels["card"], document.number, scale=0.86)
    _field(sheet, x, 41.9, labels["expiry"], document.day(document.expiry), scale=0.86)
    sheet.line(4, 49.6, 26, 49.6, ink=_LABEL_INK, width=0.12)
    sheet.text(4, 51.6, "Signature", em=1.8, ink=_LABEL_INK)
    _stamp(sheet, 46, 28, rng)
    return Specimen(
        kind=SpecimenKind.TD1_CARD_FRONT,
        page=sheet.page,
        px_per_mm=px_per_mm,
        truth=_truth(document, shown=shown, main=main, ghost=ghost, zone=None, printed=True),
        fonts=fonts,
    )


def draw_td1_back(fonts: Fonts, rng: random.Random, today: date, px_per_mm: float) -> Specimen:
    """The side with the machine-readable zone of three lines (9303-5, 4.2)."""
    document = _draw(Format.TD1, rng, today)
    sheet = _paper(SpecimenKind.TD1_CARD_BACK, fonts, px_per_mm, rng, quiet_from=53.98 - ZONE_MM)
    labels, person = _LABELS[document.language], document.person
    sheet.text(66, 5.4, "SPECIMEN", face=Face.LATIN_BOLD, em=3.2, ink=_STAMP_INK, room=16)
    _field(sheet, 5, 4.5, labels["place"], person.birth_place.upper(), room=50, scale=0.86)
    _field(sheet, 5, 11.0, labels["authority"], document.authority.upper(), room=50, scale=0.86)
    _field(sheet, 5, 17.5, labels["issue"], document.day(document.issue), scale=0.86)
    _stamp(sheet, 45, 16, rng)
    zone = sheet.zone(document.lines, height_mm=53.98, left=4.7, rng=rng)
    return Specimen(
        kind=SpecimenKind.TD1_CARD_BACK,
        page=sheet.page,
        px_per_mm=px_per_mm,
        truth=_truth(document, shown=None, main=None, ghost=None, zone=zone, printed=False),
        fonts=fonts,
    )


def _draw(kind: Format, rng: random.Random, today: date) -> _Document:
    person = draw_person(rng, today)
    years = 10 if (today - person.birth_date).days > 18 * 366 else 5
    # one in eight has expired
    issue = today - timedelta(days=rng.randint(1, round(years * 365 * (1 if rng.random() < 0.88 else 1.5))))
    issue = max(issue, person.birth_date)
    expiry = date_back(issue, -years) - timedelta(days=1)
    number = document_number(rng, long=kind is Format.TD1 and rng.random() < 0.1)
    personal = "".join(rng.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=10)) if rng.random() < 0.4 else ""
    fields = MrzFields(
        document_code="P" if kind is Format.TD3 else rng.choice(("I", "ID", "AC")),
        issuing_state=STATE,
        name=mrz_name(person.surname, person.given_names, rng),
        document_number=number,
        nationality=STATE,
        birth_date=PartialDate.of(person.birth_date),
        sex=person.sex,
        expiry_date=PartialDate.of(expiry),
        optional_data=(personal,) if kind is Format.TD3 else ("" if len(number) > 9 else personal, ""),
    )
    return _Document(
        person=person,
        number=number,
        issue=issue,
        expiry=expiry,
        authority=rng.choice(AUTHORITIES),
        language=rng.choice(sorted(_LABELS)),
        style=rng.choices((0, 1, 2, 3), (5, 2, 2, 1))[0],
        fields=fields,
        lines=generate_mrz(fields, kind, empty_check=rng.choice("<0")),
    )


def _truth(
    document: _Document,
    *,
    shown: int | None,
    main: Box | None,
    ghost: Box | None,
    zone: Box | None,
    printed: bool,
) -> SpecimenTruth:
    person = document.person
    both = zone is None or printed  # the back of a card prints no names
    return SpecimenTruth(
        surname=person.surname.upper() if both else None,
        given_names=person.given_names.upper() if both else None,
        document_number=document.number if both else None,
        nationality=STATE if both else None,
        issuing_state=STATE,
        birth_date=person.birth_date if both else None,
        sex=person.sex if both else None,
        issue_date=document.issue,
        expiry_date=document.expiry if both else None,
        authority=document.authority.upper(),
        birth_place=person.birth_place.upper(),
        mrz_lines=None if zone is None else document.lines,
        mrz_fields=None if zone is None else document.fields,
        mrz_box=zone,
        portrait=shown,
        portrait_box=main,
        ghost_box=ghost,
    )


def _paper(
    kind: SpecimenKind, fonts: Fonts, px_per_mm: float, rng: random.Random, *, quiet_from: float | None = None
) -> Sheet:
    width, height = (round(side * px_per_mm) for side in kind.size_mm)
    return Sheet.over(
        paper((width, height), px_per_mm, rng.choice(TINTS), rng, quiet_from=quiet_from), fonts, px_per_mm
    )


def _field(
    sheet: Sheet, x: float, y: float, label: str, value: str, *, room: float | None = None, scale: float = 1.0
) -> None:
    """A small label with its value below it."""
    sheet.text(x, y, label, em=2.0 * scale, ink=_LABEL_INK, room=room)
    sheet.text(x, y + 3.7 * scale, value, face=Face.LATIN_BOLD, em=3.7 * scale, room=room)


def _stamp(sheet: Sheet, x: float, y: float, rng: random.Random) -> None:
    sheet.stamp(
        x + rng.uniform(-4, 4),
        y + rng.uniform(-3, 3),
        "SPECIMEN",
        face=Face.LATIN_BOLD,
        em=13,
        ink=_STAMP_INK,
        opacity=rng.uniform(0.06, 0.14),
        turn=rng.uniform(8, 24),
    )


def _sex(sex: Sex) -> str:
    return "X" if sex is Sex.UNSPECIFIED else sex.value


def _numbers(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.getrandbits(64))
