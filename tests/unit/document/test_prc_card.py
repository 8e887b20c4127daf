"""The PRC's identity card from made lines: labels stuck, mistaken and missing, tilt, turns, clutter."""

from datetime import date

import numpy as np
import pytest

from text_material import FLAT_CARD, TILTED_CARD, MadeLine, line, photographed, turned_corners
from visavis.document.consistency import Place, consistency
from visavis.document.dates import PartialDate
from visavis.document.mrz.zone import Sex
from visavis.document.prc_card.back import BackField, plain_period, read_prc_back
from visavis.document.prc_card.front import CardProblem, PrcFront, read_prc_front
from visavis.document.prc_card.front_rows import FrontField
from visavis.document.prc_card.sides import CardSide, is_prc_back, is_prc_front, prc_side
from visavis.document.prc_id import NumberProblem, ValidityProblem, check_character
from visavis.domain.evidence import Outcome

TODAY = date(2026, 11, 22)
SEVENTEEN = "99" + "0101" + "19850214" + "123"  # 99 is no region: nobody's number
FICTIVE = SEVENTEEN + check_character(SEVENTEEN)
BEIJING = "110101" + "19850214" + "123"
NUMBER = BEIJING + check_character(BEIJING)
FRONT = (
    line("姓名", 5, 6, 2.6),
    line("张三", 15.5, 5.6, 3.6),
    line("性别", 5, 13, 2.6),
    line("男", 15.5, 12.8),
    line("民族", 24, 13, 2.6),
    line("汉", 33, 12.8),
    line("出生", 5, 19.5, 2.6),
    line("1985年2月14日", 15.5, 19.3),
    line("住址", 5, 26.5, 2.6),
    line("北京市东城区样例大街甲12号", 15.5, 26.3, 2.9),
    line("院3号楼4单元501室", 15.5, 31, 2.9),
    line("公民身份号码", 5, 46, 2.6),
    line(NUMBER, 28, 45.6, 3.4, advance=2.5),
)
BACK = (
    line("中华人民共和国", 30, 7, 4.5),
    line("居民身份证", 30, 14, 6),
    line("签发机关", 18, 40, 2.6),
    line("北京市公安局东城分局", 33, 39.8, 3),
    line("有效期限", 18, 46, 2.6),
    line("2015.03.02-2035.03.02", 33, 45.8, 3),
)


def changed(*changes: tuple[str, str | None], lines: tuple[MadeLine, ...] = FRONT) -> tuple[MadeLine, ...]:
    """Lines with other texts at their places; None takes a line away."""
    texts = dict(changes)
    assert set(texts) <= {made.text for made in lines}
    kept = []
    for made in lines:
        text = texts.get(made.text, made.text)
        if text is not None:
            kept.append(MadeLine(quad=made.quad, text=text))
    return tuple(kept)


def merged(*groups: tuple[str, ...], lines: tuple[MadeLine, ...] = FRONT) -> tuple[MadeLine, ...]:
    """Lines of one row taken for one box, spaces lost."""
    found = {made.text: made for made in lines}
    for group in groups:
        first, last = found[group[0]], found[group[-1]]
        quad = np.array([first.quad[0], last.quad[1], last.quad[2], first.quad[3]])
        for text in group:
            del found[text]
        found["".join(group)] = MadeLine(quad=quad, text="".join(group))
    return tuple(found.values())


def assert_whole(front: PrcFront) -> None:
    assert front.name == "张三"
    assert front.sex is Sex.MALE
    assert front.nationality == "汉"
    assert front.birth_date == PartialDate(year=1985, month=2, day=14)
    assert front.address == "北京市东城区样例大街甲12号院3号楼4单元501室"
    assert front.number is not None
    assert front.number.number == NUMBER
    assert front.number.valid
    assert front.problems == ()
    assert front.unread == ()


@pytest.mark.parametrize("corners", [FLAT_CARD, TILTED_CARD], ids=["flat", "tilted"])
@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_front_from_clean_boxes_any_way_round(corners: np.ndarray, turns: int, seed: int) -> None:
    lines = photographed(FRONT, corners=turned_corners(corners, turns), jitter=2.0, seed=seed)
    assert_whole(read_prc_front(lines, today=TODAY))
    side = prc_side(lines)
    assert side is not None
    assert (side.side, side.turns) == (CardSide.FRONT, turns)
    assert side.score > 0.9


@pytest.mark.parametrize("with_page", [False, True])
def test_labels_that_stick_to_their_values(with_page: bool) -> None:
    stuck = merged(
        ("姓名", "张三"), ("性别", "男", "民族", "汉"), ("出生", "1985年2月14日"),
        ("住址", "北京市东城区样例大街甲12号"), ("公民身份号码", NUMBER),
    )  # fmt: skip
    lines = photographed(stuck, corners=TILTED_CARD, jitter=1.5)
    assert_whole(read_prc_front(lines, today=TODAY, page_quad=TILTED_CARD if with_page else None))


@pytest.mark.parametrize(
    "change",
    [
        ("姓名", "姓各"),
        ("姓名", "名"),
        ("姓名", None),
        ("性别", "性刖"),
        ("性别", None),
        ("民族", "民旅"),
        ("民族", None),
        ("出生", "出土"),
        ("出生", None),
        ("住址", "住扯"),
        ("住址", None),
        ("公民身份号码", "公民身份号"),
        ("公民身份号码", "公尼身份证号玛"),
        ("公民身份号码", None),
        ("张三", "张 三"),
        ("1985年2月14日", "1985 年 2 月14日"),
        ("1985年2月14日", "1985年2月14"),
        (NUMBER, f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"),
    ],
)
def test_a_label_or_a_space_misread_costs_no_field(change: tuple[str, str | None]) -> None:
    lines = photographed(changed(change), corners=TILTED_CARD, jitter=1.0)
    assert_whole(read_prc_front(lines, today=TODAY))


def test_text_of_the_table_stays_outside_of_the_card() -> None:
    clutter = (
        line("李四王五", -22, 6),
        line("8859", 86.5, 12.8),
        line("上海市某某路", 87, 26.4),
        line("20261122104512345678", 26, 58, 3.4),
        line("开会", -9, 19.3),
    )
    lines = photographed(FRONT + clutter, corners=TILTED_CARD, jitter=1.0)
    assert_whole(read_prc_front(lines, today=TODAY, page_quad=TILTED_CARD))


def test_marks_of_a_specimen_are_no_part_of_a_field() -> None:
    marks = (line("样本", 20, 5.8), line("SPECIMEN", 40, 26.6, 5), line("样本", 60, 20, 6))
    front = read_prc_front(photographed(FRONT + marks, jitter=1.0), today=TODAY)
    assert_whole(front)
    assert front.marked_specimen
    assert not read_prc_front(photographed(FRONT), today=TODAY).marked_specimen


def test_a_street_may_be_called_as_the_mark_is() -> None:
    street = changed(("院3号楼4单元501室", "样本路3号"))
    stamp = line("样", 12, 24, 9)
    front = read_prc_front(photographed((*street, stamp), jitter=1.0), today=TODAY)
    assert front.address == "北京市东城区样例大街甲12号样本路3号"


def test_names_of_many_characters() -> None:
    front = read_prc_front(photographed(changed(("张三", "买买提.吐尔逊"), ("汉", "维吾尔"))), today=TODAY)
    assert (front.name, front.nationality) == ("买买提·吐尔逊", "维吾尔")
    odd = read_prc_front(photographed(changed(("张三", "张三|"))), today=TODAY)
    assert odd.name == "张三"
    assert CardProblem.NAME_CHARACTERS in odd.problems


def test_a_nationality_is_one_of_56_or_none() -> None:
    front = read_prc_front(photographed(changed(("汉", "议"))), today=TODAY)
    assert front.nationality is None
    assert front.unread == (FrontField.NATIONALITY,)
    assert set(front.problems) == {CardProblem.NATIONALITY_UNLISTED, CardProblem.FIELD_UNREAD}


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        (NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1"), NumberProblem.CHECK_CHARACTER),
        (NUMBER[:10] + "O" + NUMBER[11:], NumberProblem.SHAPE),
        (NUMBER[:-1], NumberProblem.SHAPE),
        (FICTIVE, NumberProblem.REGION),
    ],
)
def test_a_number_is_told_as_it_was_read_and_never_repaired(number: str, problem: NumberProblem) -> None:
    front = read_prc_front(photographed(changed((NUMBER, number))), today=TODAY)
    assert front.number is not None
    assert front.number.number in number
    assert problem in front.problems
    assert not front.number.valid
    assert len(front.statements) == 1


def test_the_number_against_print() -> None:
    front = read_prc_front(photographed(changed(("男", "女"), ("1985年2月14日", "1985年2月15日"))), today=TODAY)
    assert set(front.problems) == {NumberProblem.BIRTH_DATE_DIFFERS, NumberProblem.SEX_DIFFERS}
    assert front.best_birth_date == PartialDate(year=1985, month=2, day=14)
    assert front.best_sex is Sex.MALE
    assert [s.place for s in front.statements] == [Place.VISUAL_ZONE, Place.PERSONAL_NUMBER]
    assert [f.field for f in consistency(front.statements).disagreements] == ["birth_date", "sex"]


def test_where_a_field_stands() -> None:
    front = read_prc_front(photographed(merged(("姓名", "张三"))), today=TODAY)
    (quad,) = front.fields[FrontField.NAME].quads
    # the label before it is cut off: the box runs from 5 to 22.7 mm, and its second half is the name
    assert quad[0, 0] == pytest.approx(138.5, abs=2)
    assert quad[1, 0] == pytest.approx(227, abs=2)
    assert len(front.fields[FrontField.ADDRESS].quads) == 2


@pytest.mark.parametrize("turns", range(4))
def test_back_any_way_round(turns: int) -> None:
    lines = photographed(BACK, corners=turned_corners(TILTED_CARD, turns), jitter=2)
    back = read_prc_back(lines, today=TODAY, birth_date=date(1985, 2, 14))
    assert back.authority == "北京市公安局东城分局"
    assert back.validity is not None
    assert (back.validity.issued, back.validity.expires) == (date(2015, 3, 2), date(2035, 3, 2))
    assert back.validity.not_expired is Outcome.PASS
    assert back.problems == ()
    side = prc_side(lines)
    assert side is not None
    assert (side.side, side.turns) == (CardSide.BACK, turns)


def test_back_with_labels_stuck_or_lost() -> None:
    stuck = merged(
        ("签发机关", "北京市公安局东城分局"), ("有效期限", "2015.03.02-2035.03.02"), lines=BACK
    )  # fmt: skip
    lost = changed(("签发机关", None), ("有效期限", None), lines=BACK)
    for lines in (stuck, lost):
        back = read_prc_back(photographed(lines, jitter=1), today=TODAY)
        assert back.authority == "北京市公安局东城分局"
        assert back.validity is not None
        assert back.validity.expires == date(2035, 3, 2)
    split = changed(("北京市公安局东城分局", "北京市公安局东城"), lines=BACK)
    two_rows = read_prc_back(photographed((*split, line("分局", 33, 43, 2.6))), today=TODAY)
    assert two_rows.authority == "北京市公安局东城分局"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("2015.03.02-2035.03.02", "2015.03.02-2035.03.02"),
        ("2015.03.022035.03.02", "2015.03.02-2035.03.02"),
        ("2015,03.02一2035.0302", "2015.03.02-2035.03.02"),
        ("20150302-长期", "2015.03.02-长期"),
        ("2015.03.02长朝", "2015.03.02-长期"),
        ("2015.03.02-期", "2015.03.02-长期"),
        ("2015.03.02-", "2015.03.02-"),
        ("2015.O3.02-2035.03.02", "2015.O3.02-2035.03.02"),
    ],
)
def test_what_stands_between_the_digits_of_a_period(written: str, plain: str) -> None:
    assert plain_period(written) == plain


def test_long_term_and_an_expired_card() -> None:
    long = read_prc_back(photographed(changed(("2015.03.02-2035.03.02", "2015.03.02-长期"), lines=BACK)), today=TODAY)
    assert long.validity is not None
    assert long.validity.long_term
    old = changed(("2015.03.02-2035.03.02", "2005.03.02-2025.03.02"), lines=BACK)
    expired = read_prc_back(photographed(old), today=TODAY)
    assert expired.validity is not None
    assert expired.validity.not_expired is Outcome.FAIL
    unreadable = read_prc_back(photographed(changed(("2015.03.02-2035.03.02", "20"), lines=BACK)), today=TODAY)
    assert ValidityProblem.SHAPE in unreadable.problems
    assert BackField.VALIDITY not in unreadable.unread


def test_other_text_is_no_card() -> None:
    letter = (
        line("有限公司", 5, 5),
        line("Dear Sir,", 5, 12),
        line("110101198502141234567", 5, 20),
        line("张三", 5, 40),
    )
    lines = photographed(letter)
    assert prc_side(lines) is None
    assert is_prc_front(lines) < 0.3
    assert is_prc_back(lines) < 0.3
    assert is_prc_front(photographed(BACK)) < 0.3
    assert is_prc_back(photographed(FRONT)) < 0.3
    nothing = read_prc_front([], today=TODAY)
    assert set(nothing.unread) == set(FrontField)
    assert set(read_prc_back([], today=TODAY).unread) == set(BackField)


def test_a_flood_of_lines_and_odd_boxes_is_bounded() -> None:
    flood = [line("姓名" * 400, x, y) for x in range(0, 80, 2) for y in range(0, 50, 2)]
    point = MadeLine(quad=np.zeros((4, 2)), text="姓名")
    broken = MadeLine(quad=np.full((4, 2), np.nan), text="张三")
    assert read_prc_front([*flood, point, broken], today=TODAY).number is None
    assert read_prc_front([point, broken], today=TODAY, page_quad=np.zeros((4, 2))).name is None
