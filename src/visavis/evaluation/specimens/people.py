"""People who don't exist: names of many languages, numbers, dates that fit together.

Numbers of the PRC's card have a true check character and a real province, but a county that none has (9999), so that
they can belong to nobody.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from visavis.document.dates import years_between
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.zone import Sex
from visavis.document.prc_id import check_character
from visavis.document.prc_regions import NATIONALITIES
from visavis.document.transliteration.words import ways, words_of

__all__ = ["Person", "PrcPerson", "date_back", "document_number", "draw_person", "draw_prc_person", "mrz_name"]

SURNAMES: Final = (
    "Müller", "Ångström", "Øvergård", "Þórsdóttir", "Straßenmeyer", "Öztürk", "Çelik", "Yıldırım", "Łukaszewicz",
    "Dvořáková", "Nováček", "Kovács", "Šimůnková", "O’Connor", "D’Angelo", "N’Diaye", "Smith-Jones", "Van der Meulen",
    "de la Cruz Fernández", "García Márquez", "Núñez", "Gonçalves", "Åkerblom", "Sørensen", "Papadopoulou", "Ivanova",
    "Shevchenko", "Nguyễn", "Wongsakul", "Tan", "Li", "Wu", "Ó Súilleabháin", "Eriksson", "Martin", "Bernard",
    "Rossi", "Bianchi", "Weiß", "Hohenzollern-Sigmaringen", "Papachristodoulopoulos-Konstantinidis",
    "Featherstonehaugh", "Wickramasinghe Arachchige", "Lindqvist", "Okonkwo", "Adeyemi", "Haddad", "Al Rashid", "Kim",
    "Tanaka", "Suzuki", "Rahman", "Castañeda", "Peña", "Muñoz", "Vīķe-Freiberga", "Žukauskas", "Ștefănescu", "Țepeș",
)  # fmt: skip
GIVEN: Final = (
    "Anna", "Maria", "Jörg", "Zoë", "Renée", "François", "José", "Björn", "Åsa", "Søren", "Małgorzata", "Ayşe",
    "İbrahim", "Jürgen", "Siân", "Noël", "Chloé", "Lucía", "Ülle", "Ægir", "Lea", "Max", "Ida", "Johannes",
    "Christopher", "Alexandra", "Elisabeth", "Maximilian", "Kwame", "Amina", "Yusuf", "Mei", "Hiroshi", "Priya",
    "Olga", "Dmitri", "Thị", "Óscar", "Ana", "Bo", "Jean", "Luc", "Mary", "Konstantinos", "Aikaterini", "Wilhelmina",
    "Bartholomew", "Guðrún", "Tomáš", "Želmíra",
)  # fmt: skip
PLACES: Final = ("Zenith", "Amaurot", "Port Sérénité", "Neustadt", "Saint-Élme", "Örebäck", "Nordhavn", "Castelvecchio")
AUTHORITIES: Final = ("Passport Office", "Ministry of the Interior", "City of Amaurot", "Préfecture de Zenith")

PRC_SURNAMES: Final = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
)
PRC_DOUBLE: Final = ("欧阳", "司马", "诸葛", "上官")
PRC_GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂兰玉萍红鹏雪梅晨宇轩浩然子涵梓萱思远嘉怡国栋建华志文海燕春晓琳"
)
PRC_REGIONS: Final = (
    ("11", "北京市东城区", "北京市公安局东城分局"),
    ("31", "上海市浦东新区", "上海市公安局浦东分局"),
    ("32", "江苏省苏州市姑苏区", "苏州市公安局姑苏分局"),
    ("33", "浙江省杭州市西湖区", "杭州市公安局西湖分局"),
    ("37", "山东省青岛市市南区", "青岛市公安局市南分局"),
    ("42", "湖北省武汉市江汉区", "武汉市公安局江汉分局"),
    ("44", "广东省深圳市南山区", "深圳市公安局南山分局"),
    ("50", "重庆市渝中区", "重庆市公安局渝中区分局"),
    ("51", "四川省成都市武侯区", "成都市公安局武侯区分局"),
    ("61", "陕西省西安市雁塔区", "西安市公安局雁塔分局"),
    ("65", "新疆维吾尔自治区乌鲁木齐市天山区", "乌鲁木齐市公安局天山区分局"),
)
"""The first two digits of their numbers, the region, and who issues cards there."""
PRC_STREETS: Final = ("样本路", "示例大街", "范例东路", "建设路", "人民南路", "解放街")
NOBODY: Final = "9999"
"""The city and county of a region code that stand for none (GB/T 2260)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    surname: str
    given_names: str
    sex: Sex
    birth_date: date
    birth_place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrcPerson:
    """``expires`` is None for a card without an end. ``address`` is one text, not yet in lines."""

    name: str
    sex: Sex
    ethnicity: str
    birth_date: date
    address: str
    number: str
    authority: str
    issued: date
    expires: date | None


def draw_person(rng: random.Random, today: date) -> Person:
    """Of 0 to 95 years, with one to four given names, some of them hyphenated."""
    names = rng.sample(GIVEN, rng.choices((1, 2, 3, 4), (5, 4, 2, 1))[0])
    given = ("-" if len(names) == 2 and rng.random() < 0.3 else " ").join(names)
    return Person(
        surname=rng.choice(SURNAMES),
        given_names=given,
        sex=rng.choices((Sex.FEMALE, Sex.MALE, Sex.UNSPECIFIED), (10, 10, 1))[0],
        birth_date=today - timedelta(days=rng.randint(100, 95 * 365)),
        birth_place=rng.choice(PLACES),
    )


def mrz_name(surname: str, given_names: str, rng: random.Random) -> MrzName:
    """The name in A to Z by one of the ways that 9303-3, 6 permits, the recommended one mostly."""
    usual = rng.random() < 0.7

    def written(name: str) -> tuple[str, ...]:
        chosen = (
            "".join(letter[0] if usual else rng.choice(letter) for letter in ways(word)) for word in words_of(name)
        )
        return tuple(word for word in chosen if word)

    return MrzName(primary=written(surname), secondary=written(given_names))


def document_number(rng: random.Random, *, long: bool = False) -> str:
    """Nine characters, sometimes eight, of the shapes that issuers use; ``long``: twelve."""
    digits = "0123456789"
    mixed = "CFGHJKLMNPRTVWXYZ0123456789"  # no vowels, as some issuers hold it
    anything = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    letters = anything[:26]

    def some(alphabet: str, count: int) -> str:
        return "".join(rng.choices(alphabet, k=count))

    if long:
        return some(letters, 2) + some(digits, 10)
    shape = rng.randrange(5)
    if shape == 0:
        return some(mixed[:18], 1) + some(mixed, 8)
    if shape == 1:
        return some(letters, 2) + some(digits, 7)
    if shape == 2:
        return some(letters, 1) + some(digits, 8)
    if shape == 3:
        return some(letters, 1) + some(digits, 7)
    return some(letters, 1) + some(anything, 8)


def date_back(day: date, years: int) -> date:
    """The same day ``years`` ago; 1 March where there is no 29 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def draw_prc_person(rng: random.Random, today: date) -> PrcPerson:
    """Of 4 to 85 years, with a card whose length of validity fits the age."""
    surname = rng.choice(PRC_DOUBLE) if rng.random() < 0.05 else rng.choice(PRC_SURNAMES)
    name = surname + "".join(rng.choices(PRC_GIVEN, k=rng.choices((1, 2), (1, 4))[0]))
    birth = today - timedelta(days=rng.randint(4 * 366, 85 * 365))
    sex = rng.choice((Sex.FEMALE, Sex.MALE))
    province, region, authority = rng.choice(PRC_REGIONS)
    # the sequence number is odd for men; 000 is given to nobody
    sequence = 2 * rng.randint(1, 498) + (1 if sex is Sex.MALE else 0)
    seventeen = f"{province}{NOBODY}{birth:%Y%m%d}{sequence:03d}"
    issued = max(today - timedelta(days=rng.randint(30, 4 * 365)), birth + timedelta(days=30))
    age = years_between(birth, issued)
    years = None if age >= 46 else 20 if age >= 26 else 10 if age >= 16 else 5  # article 5 of the law on the cards
    street = f"{rng.choice(PRC_STREETS)}{rng.randint(1, 480)}号"
    if rng.random() < 0.7:
        street += f"{rng.randint(1, 30)}幢{rng.randint(1, 4)}单元{rng.randint(101, 2804)}室"
    return PrcPerson(
        name=name,
        sex=sex,
        ethnicity="汉" if rng.random() < 0.6 else rng.choice(sorted(NATIONALITIES)),
        birth_date=birth,
        address=region + street,
        number=seventeen + check_character(seventeen),
        authority=authority,
        issued=issued,
        expires=None if years is None else date_back(issued, -years),
    )
