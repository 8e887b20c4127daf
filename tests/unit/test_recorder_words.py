"""The words of the capture page: both languages whole, and a notice that says what it is asked to say."""

import re
from itertools import product
from pathlib import Path

import pytest

import visavis.recorder as package
from visavis.capture.challenge import Gesture
from visavis.pad.guidance import Guidance
from visavis.recorder.words import LANGUAGES, catalogue, notice

PAGE = Path(package.__file__).parent / "page"
MARK = re.compile(r"\{(\w+)\}")


def test_both_languages_say_the_same_things() -> None:
    english, chinese = (catalogue(language) for language in LANGUAGES)
    assert list(english) == list(chinese)
    for key, text in english.items():
        assert sorted(MARK.findall(text)) == sorted(MARK.findall(chinese[key])), key
        assert chinese[key].strip()
        assert key == "language.name" or re.search(r"[\u4e00-\u9fff]", chinese[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_words_for_whatever_the_analyser_may_say(language: str) -> None:
    words = catalogue(language)
    assert all(f"guidance.{advice.value}" in words for advice in Guidance)
    assert all(f"prompt.{gesture.value}" in words for gesture in Gesture)
    assert {"prompt.close_left", "prompt.close_right", "prompt.light"} <= set(words)
    assert {f"result.{ending}" for ending in ("complete", "unfinished")} <= set(words)


def test_every_word_that_the_page_asks_for_exists_and_no_other() -> None:
    words = set(catalogue("en"))
    html = (PAGE / "index.html").read_text("utf-8")
    scripts = "\n".join(file.read_text("utf-8") for file in PAGE.glob("*.js"))
    asked = set(re.findall(r'data-(?:word|label)="([\w.]+)"', html)) | set(re.findall(r'word\("([\w.]+)"', scripts))
    assert asked <= words
    families = ("notice.", "purpose.", "prompt.", "guidance.", "error.", "result.", "kept.", "erased.", "stopped.")
    rest = {key for key in words - asked if not key.startswith(families)}
    assert rest == {"language.name"}


def test_every_icon_that_may_be_shown_is_drawn() -> None:
    html = (PAGE / "index.html").read_text("utf-8")
    shown = [*(gesture.value for gesture in Gesture), "close_left", "close_right", "light", "look", "finishing"]
    assert all(f'id="icon-{name}"' in html for name in shown)


def test_the_page_asks_nothing_of_anywhere_else() -> None:
    for file in PAGE.rglob("*.*"):
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z0-9-]+\.[a-z]{2,}", text), file.name
        assert "innerHTML" not in text
        assert " style=" not in text
        assert " onclick=" not in text


@pytest.mark.parametrize(("language", "light"), list(product(LANGUAGES, (True, False))))
def test_a_notice_names_who_what_for_and_whom_to_ask(language: str, light: bool) -> None:
    told = notice(language, operator="Acme {contact}", contact="a@b.example", purpose="a {purpose} test", light=light)
    text = "\n".join(told.paragraphs)
    assert "Acme {contact}" in text  # what is filled in stays as it is
    assert "a@b.example" in text
    assert "a {purpose} test" in text
    assert (catalogue(language)["notice.light"] in told.paragraphs) is light
    usual = notice(language, operator="Acme", contact="c", purpose=None, light=light)
    assert usual.purpose == catalogue(language)["purpose.default"]


def test_a_digest_stands_for_these_words_alone() -> None:
    def digest(**changes: object) -> str:
        fields = {"operator": "Acme", "contact": "c", "purpose": "p", "light": True} | changes
        return notice(str(fields.pop("language", "en")), **fields).sha256  # type: ignore[arg-type]  # as they come

    digests = [digest(), digest(operator="Acm"), digest(contact="d"), digest(purpose="q"), digest(light=False)]
    digests += [digest(language="zh-Hans")]
    assert len(set(digests)) == len(digests)
    assert digest() == digests[0]


def test_no_other_file_is_a_language() -> None:
    with pytest.raises(KeyError):
        catalogue("../words/en")
