"""`visavis compare` and `visavis verify` as a user meets them: answers, codes, exit statuses, never a traceback."""

import io
import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw

from visavis.adapters.model_store import ModelStore
from visavis.cli import main

Run = Callable[..., tuple[int, str, str]]

GENUINE = ("obama.jpg", "obama2.jpg")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], model_store: ModelStore) -> Run:
    """The command in this process: its exit status, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(item) for item in arguments])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


def jpeg(size: tuple[int, int] = (200, 200), colour: str = "grey") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def gif_of_two() -> bytes:
    frames = [Image.new("RGB", (100, 100), colour) for colour in ("navy", "gold")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be that large, and holds next to nothing."""
    out = io.BytesIO()
    Image.new("L", (60, 60)).save(out, "PNG")
    data = bytearray(out.getvalue())
    data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def film(pictures: list[Image.Image], to: Path) -> Path:
    """An MP4 of those pictures at 10 a second."""
    with av.open(str(to), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height = pictures[0].size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for picture in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return to


BAD_FILES = {
    "truncated": (jpeg()[:400], "picture_truncated"),
    "zero_byte": (b"", "file_empty"),
    "animated": (gif_of_two(), "picture_animated"),
    "one_pixel": (jpeg((1, 1)), "picture_too_small"),
    "huge": (png_header(60_000, 60_000), "picture_too_large"),
    "text": (b"this is a shopping list\n" * 20, "not_a_picture"),
}


@pytest.mark.models
@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("side", [0, 1])
def test_a_bad_file_is_one_line_with_a_code(run: Run, portraits: Path, tmp_path: Path, name: str, side: int) -> None:
    data, code = BAD_FILES[name]
    bad = tmp_path / f"{name}.jpg"
    bad.write_bytes(data)
    files = [portraits / "obama.jpg", portraits / "obama.jpg"]
    files[side] = bad
    status, out, err = run("compare", *files)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1, err
    assert err.rstrip().endswith(f"[{code}]")
    assert str(tmp_path) not in err


@pytest.mark.models
def test_a_directory_and_a_missing_file(run: Run, portraits: Path, tmp_path: Path) -> None:
    for bad, code in ((tmp_path, "is_a_directory"), (tmp_path / "nowhere.jpg", "file_missing")):
        status, _, err = run("verify", "--document", bad, "--probe", portraits / "obama.jpg")
        assert (status, err.count("\n")) == (2, 1)
        assert f"[{code}]" in err


@pytest.mark.models
def test_a_mislabelled_picture_is_read_for_what_it_is(run: Run, portraits: Path, tmp_path: Path) -> None:
    named_wrong = tmp_path / "portrait.jpg"
    with Image.open(portraits / "obama.jpg") as picture:
        picture.save(named_wrong, "PNG")
    status, _, _ = run("compare", named_wrong, portraits / "obama2.jpg")
    assert status == 0


@pytest.mark.models
def test_all_black_has_no_face(run: Run, portraits: Path, tmp_path: Path) -> None:
    black = tmp_path / "black.jpg"
    black.write_bytes(jpeg((640, 480), "black"))
    status, out, _ = run("compare", portraits / "obama.jpg", black, "--json")
    answer = json.loads(out)
    assert status == 3
    assert answer["decision"] == "inconclusive"
    assert answer["score"] is None
    assert [item["code"] for item in answer["b"]["reasons"]] == ["no_face"]
    assert answer["b"]["reasons"][0]["advice"]


@pytest.mark.models
def test_genuine_pair(run: Run, portraits: Path) -> None:
    status, out, err = run("compare", *(portraits / name for name in GENUINE), "--json")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert answer["decision"] == "same"
    assert answer["score"] >= answer["threshold"]
    assert answer["fmr_upper_95"] <= 1e-4
    assert answer["a"]["quality"]["unified"] > 67


@pytest.mark.models
def test_impostor_pair(run: Run, portraits: Path) -> None:
    status, out, _ = run("compare", portraits / "obama.jpg", portraits / "biden.jpg")
    assert status == 1
    assert "Not the same person" in out


@pytest.mark.models
def test_the_order_does_not_matter(run: Run, portraits: Path) -> None:
    first = json.loads(run("compare", *(portraits / name for name in GENUINE), "--json")[1])
    second = json.loads(run("compare", *(portraits / name for name in reversed(GENUINE)), "--json")[1])
    assert first["score"] == pytest.approx(second["score"], abs=1e-5)


def side_by_side(portraits: Path, *names: str) -> Image.Image:
    pictures: list[Image.Image] = []
    for name in names:
        with Image.open(portraits / name) as picture:
            left = (picture.width - 620) // 2
            pictures.append(picture.convert("RGB").crop((left, 0, left + 620, 800)))
    both = Image.new("RGB", (620 * len(pictures), 800))
    for index, half in enumerate(pictures):
        both.paste(half, (620 * index, 0))
    return both


@pytest.mark.models
@pytest.mark.parametrize("order", [("obama2.jpg", "biden.jpg"), ("biden.jpg", "obama2.jpg")])
def test_a_second_face_is_refused_and_never_the_best_of_two(
    run: Run, portraits: Path, tmp_path: Path, order: tuple[str, str]
) -> None:
    both = tmp_path / "both.jpg"
    side_by_side(portraits, *order).save(both)
    status, out, _ = run("compare", portraits / "obama.jpg", both, "--json")
    answer = json.loads(out)
    assert status == 3
    assert answer["score"] is None
    assert "second_face" in [item["code"] for item in answer["b"]["reasons"]]

    status, out, _ = run("verify", "--document", portraits / "obama.jpg", "--probe", both, "--json")
    assert status == 1
    assert "second_face" in [item["code"] for item in json.loads(out)["reasons"]]


@pytest.mark.models
def test_a_face_cut_by_the_border(run: Run, portraits: Path, tmp_path: Path) -> None:
    with Image.open(portraits / "obama.jpg") as picture:
        cut = picture.convert("RGB").crop((440, 0, 910, 700))
    cut.save(tmp_path / "cut.jpg")
    status, out, _ = run("compare", portraits / "obama.jpg", tmp_path / "cut.jpg", "--json")
    assert status == 3
    assert [item["code"] for item in json.loads(out)["b"]["reasons"]] == ["face_cut_off"]


@pytest.mark.models
def test_two_spoilt_pictures_are_no_match(run: Run, portraits: Path, tmp_path: Path) -> None:
    """Two dark pictures of two people look alike to a network; that must not make them one person."""
    for name in GENUINE:
        with Image.open(portraits / name) as picture:
            dark = np.asarray(picture.convert("RGB"), np.float32) * 0.02
        Image.fromarray(dark.round().astype(np.uint8)).save(tmp_path / name.replace("jpg", "png"))
    status, _, _ = run("compare", *(tmp_path / name.replace("jpg", "png") for name in GENUINE))
    assert status == 3


@pytest.mark.models
def test_an_error_rate_that_the_calibration_cannot_support(run: Run, portraits: Path) -> None:
    status, out, err = run("compare", *(portraits / name for name in GENUINE), "--fmr", "1e-8")
    assert (status, out) == (4, "")
    assert "[fmr_not_supported]" in err
    assert "impostor" in err


@pytest.mark.models
@pytest.mark.parametrize("fmr", ["0", "1", "-1", "many"])
def test_an_impossible_error_rate_is_a_usage_error(run: Run, portraits: Path, fmr: str) -> None:
    assert run("compare", *(portraits / name for name in GENUINE), "--fmr", fmr)[0] == 2


@pytest.mark.models
def test_an_unknown_policy_names_the_known_ones(run: Run, portraits: Path) -> None:
    face = portraits / "obama.jpg"
    status, _, err = run("verify", "--document", face, "--probe", face, "--policy", "sim_registraton")
    assert status == 2
    assert "[policy_unknown]" in err
    assert "sim_registration" in err


@pytest.mark.models
def test_a_policy_with_a_typo_is_refused(run: Run, portraits: Path, tmp_path: Path) -> None:
    source = Path(sys.modules["visavis"].__file__ or "").parent / "policies" / "document_comparison.toml"
    policy = tmp_path / "mine.toml"
    policy.write_text(source.read_text(encoding="utf-8").replace("attempts", "atempts"), encoding="utf-8")
    face = portraits / "obama.jpg"
    status, out, err = run("verify", "--document", face, "--probe", face, "--policy", policy)
    assert (status, out) == (2, "")
    assert "atempts" in err
    assert "attempts" in err


@pytest.mark.models
def test_verify_shows_every_check_and_warns(run: Run, portraits: Path) -> None:
    status, out, err = run(
        "verify", "--document", portraits / "obama.jpg", "--probe", portraits / "obama2.jpg", "--json"
    )
    answer = json.loads(out)
    assert status == 0
    assert "unsafe" in err
    outcomes = {item["check"]: item["outcome"] for item in answer["evidence"]}
    assert outcomes["comparison"] == "pass"
    assert outcomes["attack_detection"] == "not_measured"
    assert outcomes["document_authentic"] == "not_measured"
    assert outcomes["consent"] == "not_measured"
    assert answer["policy"]["warnings"]


@pytest.mark.models
def test_what_was_not_measured_never_passes(run: Run, portraits: Path) -> None:
    status, out, _ = run(
        "verify",
        *("--document", portraits / "obama.jpg", "--probe", portraits / "obama2.jpg"),
        *("--policy", "sim_registration", "--json"),
    )
    answer = json.loads(out)
    assert status == 3
    assert answer["decision"] == "inconclusive"
    rules = {item["rule"]: item["outcome"] for item in answer["rules"]}
    assert rules["bona_fide_presentation"] == "inconclusive"
    assert rules["comparison_at_most_fmr"] == "met"


@pytest.mark.models
def test_a_video_as_probe(run: Run, portraits: Path, tmp_path: Path) -> None:
    with Image.open(portraits / "obama2.jpg") as picture:
        face = picture.convert("RGB").crop((0, 0, 626, 800)).resize((470, 600))
    moving = [face.rotate(angle, center=(235, 300)) for angle in np.linspace(-4, 4, 12)]
    probe = film(moving, tmp_path / "probe.mp4")
    status, out, _ = run("verify", "--document", portraits / "obama.jpg", "--probe", probe, "--json")
    answer = json.loads(out)
    assert status == 0
    assert answer["probe"]["frames"] == 12
    assert answer["probe"]["frames_used"] > 1


def frame_of(portraits: Path, name: str) -> Image.Image:
    with Image.open(portraits / name) as picture:
        left = (picture.width - 620) // 2
        return picture.convert("RGB").crop((left, 0, left + 620, 800)).resize((464, 600))


@pytest.mark.models
@pytest.mark.parametrize("pattern", ["AB" * 6, "A" * 6 + "B" * 6, "AAABB" * 2, "AABBB" * 2, "A" * 10 + "BB"])
@pytest.mark.parametrize("document", ["obama.jpg", "biden.jpg"])
def test_a_video_of_two_people_is_refused_whoever_is_claimed(
    run: Run, portraits: Path, tmp_path: Path, pattern: str, document: str
) -> None:
    """Two people are both near the mean of themselves, so a mean must never be what they are held against."""
    people = {"A": frame_of(portraits, "obama2.jpg"), "B": frame_of(portraits, "biden.jpg")}
    probe = film([people[letter] for letter in pattern], tmp_path / "two.mp4")
    status, out, _ = run("verify", "--document", portraits / document, "--probe", probe, "--json")
    assert status == 1
    assert [item["code"] for item in json.loads(out)["probe"]["reasons"]] == ["frames_disagree"]


@pytest.mark.models
def test_a_video_that_hides_somebody_in_the_dark_is_no_answer(run: Run, portraits: Path, tmp_path: Path) -> None:
    dark = Image.fromarray((np.asarray(frame_of(portraits, "biden.jpg"), np.float32) * 0.08).astype(np.uint8))
    probe = film([frame_of(portraits, "obama2.jpg")] * 3 + [dark] * 9, tmp_path / "dark.mp4")
    status, out, _ = run("verify", "--document", portraits / "obama.jpg", "--probe", probe, "--json")
    assert status == 3
    assert [item["code"] for item in json.loads(out)["probe"]["reasons"]] == ["few_usable_frames"]


@pytest.mark.models
def test_a_single_strange_frame_is_said(run: Run, portraits: Path, tmp_path: Path) -> None:
    people = [frame_of(portraits, "obama2.jpg")] * 11 + [frame_of(portraits, "biden.jpg")]
    probe = film(people, tmp_path / "one.mp4")
    status, out, _ = run("verify", "--document", portraits / "obama.jpg", "--probe", probe, "--json")
    assert status == 0
    assert "frame_disagrees" in [item["code"] for item in json.loads(out)["probe"]["reasons"]]


@pytest.mark.models
def test_a_video_without_frames(run: Run, portraits: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    whole = film([Image.new("RGB", (96, 96))] * 3, tmp_path / "whole.mp4").read_bytes()
    empty.write_bytes(whole[: whole.index(b"mdat") + 4])
    status, _, err = run("verify", "--document", portraits / "obama.jpg", "--probe", empty)
    assert (status, err.count("\n")) == (2, 1)
    assert "[video_" in err


@pytest.mark.models
def test_a_portrait_on_a_photographed_card_any_way_round(run: Run, portraits: Path, tmp_path: Path) -> None:
    with Image.open(portraits / "obama.jpg") as picture:
        portrait = picture.convert("RGB").crop((150, 0, 760, 780)).resize((180, 230))
    card = Image.new("RGB", (860, 540), "#dfe8e2")
    card.paste(portrait, (50, 150))
    draw = ImageDraw.Draw(card)
    for row in range(6):
        draw.rectangle((280, 150 + 50 * row, 700 - 40 * (row % 3), 168 + 50 * row), fill="#41505e")
    table = Image.new("RGB", (1800, 1400), "#7a6650")
    table.paste(card.rotate(7, expand=True, fillcolor="#7a6650"), (430, 380))
    for quarter in range(4):
        photo = tmp_path / f"card{quarter}.jpg"
        table.rotate(90 * quarter, expand=True).save(photo)
        status, out, _ = run("verify", "--document", photo, "--probe", portraits / "obama2.jpg", "--json")
        assert status == 0, (quarter, out)


@pytest.mark.models
def test_a_corrupt_model_is_refused_by_a_real_process(portraits: Path, model_store: ModelStore, tmp_path: Path) -> None:
    store = tmp_path / "models"
    shutil.copytree(model_store.root, store)
    model = next(store.glob("face_landmarks/*/*"))
    data = bytearray(model.read_bytes())
    data[1000] ^= 1
    model.chmod(0o644)
    model.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "visavis", "compare", *(str(portraits / name) for name in GENUINE)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "VISAVIS_MODELS": str(store), "HOME": str(tmp_path)},
    )
    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "[model_digest_mismatch]" in done.stderr


def test_help_and_an_unknown_command_need_no_model() -> None:
    code = "import sys\nfrom visavis.cli import main\n"
    code += "try:\n    main(['compare', '--help'])\nexcept SystemExit:\n    pass\n"
    code += "assert not {'onnxruntime', 'ai_edge_litert', 'cv2', 'av'} & set(sys.modules), sorted(sys.modules)\n"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-m", "visavis", "identify"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No such command" in done.stderr
