"""Detector, recogniser and reader around a network that is made up, and around the real one."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from visavis.document.ocr.alphabet import Kept, parse_characters
from visavis.document.ocr.detector import TextDetector
from visavis.document.ocr.lines import half_turned
from visavis.document.ocr.reader import OcrReader
from visavis.document.ocr.recogniser import MAX_LINES, TextRecogniser
from visavis.errors import ModelInvalidError
from visavis.perception.manifest import InputSpec, OpenSides
from visavis.perception.session import FloatTensor, ModelIdentity
from visavis.wiring import open_ocr

ALPHABET = ("", "A", "B", "Ａ", "国", " ")
LINES = InputSpec(
    name="x",
    shape=(-1, 3, 48, -1),
    layout="NCHW",
    channels="BGR",
    mean=(0.0,),
    divisor=(255.0,),
    open=OpenSides(multiple=8, most=800),
)
PICTURES = InputSpec(
    name="x",
    shape=(-1, 3, -1, -1),
    layout="NCHW",
    channels="RGB",
    mean=(0.0,),
    divisor=(1.0,),
    open=OpenSides(multiple=32, most=640),
)


class MadeUp:
    """A session that answers with what a function makes of the tensor, and keeps the shapes it was given."""

    def __init__(self, answer: Callable[[FloatTensor], FloatTensor]) -> None:
        self._answer = answer
        self.shapes: list[tuple[int, ...]] = []

    @property
    def identity(self) -> ModelIdentity:
        return ModelIdentity("made_up", "1", "0" * 64)

    def run(self, tensor: FloatTensor, /) -> tuple[FloatTensor, ...]:
        self.shapes.append(tensor.shape)
        return (self._answer(tensor),)


def by_colour(tensor: FloatTensor) -> FloatTensor:
    """For each 8 px of a line: red says A, green B, blue the full-width A, white the Chinese character, black blank."""
    steps = tensor.reshape(len(tensor), 3, 48, -1, 8).mean(axis=(2, 4))  # blue, green, red
    blue, green, red = (steps[:, at] > 0.5 for at in range(3))
    symbol = np.select([red & green & blue, red, green, blue], [4, 1, 2, 3], 0)
    out = np.full((*symbol.shape, len(ALPHABET)), 0.02, np.float32)
    np.put_along_axis(out, symbol[:, :, None], 0.9, axis=2)
    return out


RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)


def stripes(*colours: tuple[int, int, int], height: int = 48) -> NDArray[np.uint8]:
    wide = 8 * height // 48
    return np.repeat(np.repeat(np.array([colours], np.uint8), height, axis=0), wide, axis=1)


def reader_of(answer: Callable[[FloatTensor], FloatTensor] = by_colour) -> tuple[TextRecogniser, MadeUp]:
    session = MadeUp(answer)
    return TextRecogniser(session, LINES, ALPHABET), session


def test_a_line_is_read_step_by_step() -> None:
    recogniser, _ = reader_of()
    (found,) = recogniser.read([stripes(BLACK, RED, RED, BLACK, RED, GREEN, WHITE, BLACK)])
    assert found.text == "AAB国"
    assert found.confidence == pytest.approx((0.9,) * 4)
    assert found.places == pytest.approx((2 / 8, 4.5 / 8, 5.5 / 8, 6.5 / 8))
    assert found.alphabet == ("", " ", "A", "B")
    assert found.log_probs.shape == (8, 4)
    assert not found.log_probs.flags.writeable


def test_full_width_letters_count_as_what_they_look_like() -> None:
    recogniser, _ = reader_of()
    (found,) = recogniser.read([stripes(BLUE, GREEN)])
    assert found.text == "ＡB"  # the text says what the network says
    np.testing.assert_allclose(np.exp(found.log_probs[0]), [0.02, 0.02, 0.92, 0.02], atol=1e-6)
    assert [found.alphabet[at] for at in found.log_probs.argmax(axis=1)] == ["A", "B"]


def test_other_characters_are_kept_where_they_are_asked_for() -> None:
    recogniser, _ = reader_of()
    (found,) = recogniser.read([stripes(WHITE, RED)], characters="国AＡ国")
    assert found.alphabet == ("", "国", "A", "Ａ")
    np.testing.assert_allclose(np.exp(found.log_probs[0]), [0.02, 0.9, 0.02, 0.02], atol=1e-6)
    with pytest.raises(ValueError, match="1 characters"):
        recogniser.read([stripes(WHITE)], characters="ž")


def test_many_lines_come_back_in_their_order_in_few_runs() -> None:
    recogniser, session = reader_of()
    colours = [RED, GREEN, WHITE]
    lines = [stripes(*([BLACK, colours[at % 3]] * (2 + at % 7))) for at in range(40)]
    found = recogniser.read(lines)
    assert [reading.text for reading in found] == [("A", "B", "国")[at % 3] * (2 + at % 7) for at in range(40)]
    assert [len(reading.log_probs) for reading in found] == [2 * (2 + at % 7) for at in range(40)]
    assert len(session.shapes) < 12
    assert all(LINES.takes(shape) and shape[0] * shape[3] <= 2048 for shape in session.shapes)


@pytest.mark.parametrize("height", [24, 96])
def test_any_height_of_line_is_brought_to_the_networks(height: int) -> None:
    recogniser, session = reader_of()
    (found,) = recogniser.read([stripes(RED, BLACK, GREEN, BLACK, WHITE, height=height)])
    assert found.text == "AB国"
    assert session.shapes == [(1, 3, 48, 40)]


def test_lines_are_bounded() -> None:
    recogniser, session = reader_of()
    (found,) = recogniser.read([np.zeros((2, 5000, 3), np.uint8)])
    assert session.shapes == [(1, 3, 48, 800)]
    assert found.text == ""
    with pytest.raises(ValueError, match="at most"):
        recogniser.read([stripes(RED)] * (MAX_LINES + 1))
    with pytest.raises(ValueError, match="picture"):
        recogniser.read([np.zeros((0, 5, 3), np.uint8)])
    assert recogniser.read([]) == ()


@pytest.mark.parametrize(
    "answer",
    [
        lambda tensor: by_colour(tensor)[:, 1:],
        lambda tensor: by_colour(tensor)[:, :, 1:],
        lambda tensor: by_colour(tensor) * np.float32(np.nan),
    ],
)
def test_an_output_of_another_kind_is_refused(answer: Callable[[FloatTensor], FloatTensor]) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        reader_of(answer)[0].read([stripes(RED, GREEN)])
    assert caught.value.code == "model_output_unexpected"


def test_the_files_list_of_characters_is_checked() -> None:
    assert parse_characters("A\nB\n国", columns=5) == ("", "A", "B", "国", " ")
    assert parse_characters("\u2028\nA", columns=4)[1] == "\u2028"  # other line ends are characters like any
    for listed in (None, "", "A\nB", "A\nA\nB", "A\n\nB", "A\nB\n\x07", "A\nB\n "):
        with pytest.raises(ModelInvalidError) as caught:
            parse_characters(listed, columns=5)
        assert caught.value.code == "model_invalid"


def test_look_alikes_of_other_scripts_join_theirs() -> None:
    kept = Kept.of(("", "<", "〈", "Α", "A", "²", "2", " "), ("<", "A", "2"))
    logs = kept.log_probs(np.array([[0.1, 0.1, 0.2, 0.1, 0.2, 0.1, 0.1, 0.1]], np.float32))
    np.testing.assert_allclose(np.exp(logs), [[0.1, 0.3, 0.3, 0.1]], atol=1e-6)


def bright(tensor: FloatTensor) -> FloatTensor:
    return np.asarray(tensor.mean(axis=1, keepdims=True) > 127, np.float32)


def test_a_detector_makes_a_large_picture_smaller_and_gives_its_boxes_back_in_its_px() -> None:
    session = MadeUp(bright)
    picture = np.zeros((1000, 2000, 3), np.uint8)
    picture[400:440, 300:1500] = 255
    (box,) = TextDetector(session, PICTURES).detect(picture, longest=640)
    assert session.shapes == [(1, 3, 320, 640)]
    np.testing.assert_allclose(box.quad.mean(axis=0), [900, 420], atol=4)
    assert box.quad[0, 0] < 300
    assert box.quad[2, 0] > 1500
    TextDetector(session, PICTURES).detect(np.zeros((50, 4, 3), np.uint8), longest=640)
    assert session.shapes[-1] == (1, 3, 64, 32)  # never larger than it is, but for the network's steps


@pytest.mark.parametrize("longest", [0, 31, 641])
def test_a_detectors_picture_is_bounded(longest: int) -> None:
    with pytest.raises(ValueError, match="longest"):
        TextDetector(MadeUp(bright), PICTURES).detect(np.zeros((50, 50, 3), np.uint8), longest=longest)


@pytest.mark.parametrize(
    "answer",
    [
        lambda tensor: tensor,
        lambda tensor: bright(tensor)[:, :, 1:],
        lambda tensor: bright(tensor) * np.float32(np.nan),
    ],
)
def test_a_map_of_another_kind_is_refused(answer: Callable[[FloatTensor], FloatTensor]) -> None:
    with pytest.raises(ModelInvalidError) as caught:
        TextDetector(MadeUp(answer), PICTURES).detect(np.zeros((50, 50, 3), np.uint8), longest=64)
    assert caught.value.code == "model_output_unexpected"


@pytest.fixture(scope="module")
def ocr(model_store: object) -> OcrReader:
    return open_ocr()


TEXTS = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "Surname  ERIKSSON", "Date of birth 12 AUG 1974", "L898902C3")


def page() -> NDArray[np.uint8]:
    picture = Image.new("RGB", (760, 320), (206, 214, 222))
    pen = ImageDraw.Draw(picture)
    for row, text in enumerate(TEXTS):
        pen.text((30, 30 + 72 * row), text, font=ImageFont.load_default(26), fill=(25, 25, 40))
    return np.asarray(picture, np.uint8)


@pytest.mark.models
def test_drawn_lines_are_found_and_read_in_order(ocr: OcrReader) -> None:
    found = ocr.lines(page(), longest=768)
    assert [line.text.replace(" ", "") for line in found] == [text.replace(" ", "") for text in TEXTS]
    assert min(line.confidence for line in found) > 0.9
    assert [round(float(line.quad[0, 1] / 72)) for line in found] == [0, 1, 2, 3]
    first = found[0].reading
    assert len(first.places) == len(first.confidence) == len(first.text)
    # what was kept of the probabilities says the same text, and each character where it stands
    symbols = [first.alphabet[at] for at in first.log_probs.argmax(axis=1)]
    assert "".join(symbol for symbol, _ in itertools.groupby(symbols)) == TEXTS[0]
    assert np.exp(first.log_probs).sum(axis=1).max() < 1.001
    pitch = np.diff(first.places[-15:])  # of the fillers at its end, which are all alike
    assert pitch.min() > 0.6 * pitch.mean()
    assert pitch.max() < 1.4 * pitch.mean()


@pytest.mark.models
def test_a_page_on_its_head_is_turned(ocr: OcrReader) -> None:
    upright, turned = page()[:170], np.ascontiguousarray(np.rot90(page()[:170], 2))
    found = ocr.lines(turned, longest=768, either_way=True)
    assert [line.text.replace(" ", "") for line in found] == [text.replace(" ", "") for text in TEXTS[:2]]
    size = np.array([upright.shape[1], upright.shape[0]])
    for line, straight in zip(found, ocr.lines(upright, longest=768), strict=True):
        np.testing.assert_allclose(size - line.quad, straight.quad, atol=16)  # the network puts a line low
        np.testing.assert_allclose(half_turned(half_turned(line.quad)), line.quad)
