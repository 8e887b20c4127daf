"""Sealed recordings: what comes back is what went in, or one coded error, and never a part of it."""

import os
import random
import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from visavis.adapters import sealing
from visavis.adapters.recording_keys import MasterKey, make_key, read_key
from visavis.adapters.recordings import (
    Consent,
    Ending,
    Opening,
    RecordedFrame,
    RecordingLimits,
    RecordingWriter,
    read_recording,
    recordings_in,
    summarise,
)
from visavis.adapters.sealing import SealedWriter, destroy, sealed_pieces
from visavis.capture.challenge import ChallengePolicy, issue_challenge
from visavis.errors import FileError
from visavis.pad.injection import StreamFacts

NOW = datetime(2026, 11, 22, 4, 38, tzinfo=UTC)
KEY = MasterKey(bytes(range(32)))
CHALLENGE = issue_challenge(policy=ChallengePolicy(), rng=random.Random(3), now=NOW)
CONSENT = Consent(
    participant="P-017", purpose="Measuring attack detection", notice_sha256="ab" * 32, language="zh-CN", given_at=NOW
)
OPENING = Opening(challenge=CHALLENGE, consent=CONSENT)
FACTS = StreamFacts(
    nonce=CHALLENGE.nonce,
    opened_s=12.5,
    camera="USB camera",
    shown=((14.25, (255, 160, 60)), (14.65, (70, 235, 90))),
    light_paused_s=0.25,
)


def frames(count: int, size: int) -> list[RecordedFrame]:
    rng = random.Random(count)
    return [
        RecordedFrame(data=rng.randbytes(size), captured_s=100 + i / 10, arrived_s=5 + i / 10 + rng.random() / 50)
        for i in range(count)
    ]


def write(file: Path, kept: list[RecordedFrame], *, key: MasterKey = KEY, opening: Opening = OPENING) -> bytes:
    with RecordingWriter(file, key, opening) as writer:
        for frame in kept:
            writer.add(frame)
        writer.finish(FACTS, Ending.COMPLETE)
    return file.read_bytes()


def code_of(file: Path, key: MasterKey = KEY) -> str:
    with pytest.raises(FileError) as caught:
        read_recording(file, key)
    assert str(file.parent) not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize(("count", "size"), [(0, 0), (3, 50), (12, 40_000)])
def test_what_is_read_is_what_was_written(tmp_path: Path, count: int, size: int) -> None:
    kept = frames(count, size)
    write(tmp_path / "a.vvcap", kept)
    found = read_recording(tmp_path / "a.vvcap", KEY)
    assert found.frames == tuple(kept)
    assert (found.challenge, found.facts, found.consent) == (CHALLENGE, FACTS, CONSENT)
    assert (found.species, found.ending) == ("bona_fide", Ending.COMPLETE)


def test_only_the_owner_may_read_it_and_nothing_of_it_is_plain(tmp_path: Path) -> None:
    data = write(tmp_path / "a.vvcap", [RecordedFrame(data=b"\xff\xd8 a picture" * 50, captured_s=1, arrived_s=1)])
    assert stat.S_IMODE((tmp_path / "a.vvcap").stat().st_mode) == 0o600
    for plain in (b"P-017", b"a picture", CHALLENGE.nonce.encode(), b"zh-CN", b"USB"):
        assert plain not in data


def test_two_recordings_of_the_same_share_no_bytes(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.vvcap", frames(3, 50)), write(tmp_path / "b.vvcap", frames(3, 50))
    assert len(one) == len(two)
    assert one[12:60] != two[12:60]
    assert sum(a == b for a, b in zip(one[100:], two[100:], strict=True)) < len(one) / 20


def test_any_flipped_bit_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a.vvcap"
    whole = write(file, frames(2, 60))
    rng = random.Random(1)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.randrange(8)
        file.write_bytes(changed)
        assert code_of(file) == "recording_unreadable", place


def test_any_missing_end_and_any_added_byte_is_found(tmp_path: Path) -> None:
    file = tmp_path / "a.vvcap"
    whole = write(file, frames(2, 60))
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert code_of(file) == "recording_unreadable", length
    file.write_bytes(whole + b"\0")
    assert code_of(file) == "recording_unreadable"


def test_pieces_cannot_be_dropped_moved_or_taken_from_another(tmp_path: Path) -> None:
    file = tmp_path / "a.vvcap"
    whole, other = write(file, frames(6, 40_000)), write(tmp_path / "b.vvcap", frames(6, 40_000))
    start, step = 96, sealing.PIECE + 16
    pieces = [whole[i : i + step] for i in range(start, len(whole), step)]
    assert len(pieces) >= 3
    header = whole[:start]
    for changed in (
        header + b"".join(pieces[:-1]),
        header + b"".join(pieces[1:]),
        header + pieces[1] + pieces[0] + b"".join(pieces[2:]),
        header + other[start : start + step] + b"".join(pieces[1:]),
        other[:start] + b"".join(pieces),
        header[:36] + other[36:start] + b"".join(pieces),
        other[:36] + header[36:] + b"".join(pieces),
    ):
        file.write_bytes(changed)
        assert code_of(file) == "recording_unreadable"
    file.write_bytes(whole)
    assert len(read_recording(file, KEY).frames) == 6


def test_another_key_and_another_kind_of_file_give_the_same_answer(tmp_path: Path) -> None:
    write(tmp_path / "a.vvcap", frames(2, 60))
    assert code_of(tmp_path / "a.vvcap", MasterKey(bytes(32))) == "recording_unreadable"
    (tmp_path / "b.vvcap").write_bytes(b"something else " * 40)
    assert code_of(tmp_path / "b.vvcap") == "recording_unreadable"
    assert code_of(tmp_path / "none.vvcap") == "file_missing"
    assert code_of(tmp_path) == "is_a_directory"


def sealed(file: Path, content: bytes) -> None:
    with SealedWriter(file, KEY, most_bytes=10_000_000) as writer:
        writer.write(content)
        writer.commit()


def test_rightly_sealed_nonsense_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.vvcap", frames(2, 60))
    plain = b"".join(sealed_pieces(tmp_path / "a.vvcap", KEY, most_bytes=10_000_000))
    length = int.from_bytes(plain[1:5], "big")
    opening, rest = plain[: 5 + length], plain[5 + length :]
    frame = rest[: 5 + 16 + 60]
    closing = rest[2 * len(frame) :]
    assert closing[:1] == b"C"
    nonsense = {
        "nothing": b"",
        "no end": opening + 2 * frame,
        "no beginning": 2 * frame + closing,
        "two beginnings": opening + opening + 2 * frame + closing,
        "a frame after the end": opening + frame + closing + frame,
        "a frame less than counted": opening + frame + closing,
        "half a record": plain + b"F\0",
        "a record too long": opening + b"F\xff\xff\xff\xff" + plain,
        "an unknown record": opening + b"X\0\0\0\0" + 2 * frame + closing,
        "a frame without times": opening + b"F\0\0\0\x04abcd" + frame + closing,
        "times that are none": opening + frame[:5] + b"\x7f\xf8" + frame[7:] + frame + closing,
        "another challenge": plain.replace(b'"window_s":6.0', b'"window_s":9e9'),
        "a name for a code": plain.replace(b"P-017", b"Ann O"),
    }
    for what, content in nonsense.items():
        sealed(tmp_path / f"{what}.vvcap", content)
        assert code_of(tmp_path / f"{what}.vvcap") == "recording_unreadable", what
    sealed(tmp_path / "right.vvcap", plain)
    assert len(read_recording(tmp_path / "right.vvcap", KEY).frames) == 2


def test_what_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    def broken_off() -> None:
        with RecordingWriter(tmp_path / "a.vvcap", KEY, OPENING) as writer:
            writer.add(frames(1, 100_000)[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_process_leaves_cannot_be_read(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "a.vvcap", KEY, OPENING)
    for frame in frames(4, 100_000):
        writer.add(frame)
    left = next(tmp_path.iterdir())
    assert left.name.startswith(sealing.UNFINISHED)
    copy = tmp_path / "copy.vvcap"
    copy.write_bytes(left.read_bytes())
    assert copy.stat().st_size > 100_000
    assert code_of(copy) == "recording_unreadable"
    with writer:
        pass


def test_a_recording_never_goes_over_another_file(tmp_path: Path) -> None:
    (tmp_path / "a.vvcap").write_bytes(b"mine")
    with pytest.raises(FileError, match="recording_exists"):
        write(tmp_path / "a.vvcap", frames(1, 10))
    assert [file.name for file in tmp_path.iterdir()] == ["a.vvcap"]
    assert (tmp_path / "a.vvcap").read_bytes() == b"mine"


def test_a_disk_without_links_takes_it_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_names: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    write(tmp_path / "a.vvcap", frames(2, 60))
    assert len(read_recording(tmp_path / "a.vvcap", KEY).frames) == 2
    with pytest.raises(FileError, match="recording_exists"):
        write(tmp_path / "a.vvcap", frames(1, 60))
    assert [file.name for file in tmp_path.iterdir()] == ["a.vvcap"]


@pytest.mark.parametrize(
    "limits",
    [
        RecordingLimits(most_bytes=1_500),
        RecordingLimits(most_frames=2),
        RecordingLimits(most_frame_bytes=40),
        RecordingLimits(most_s=0.1),
    ],
)
def test_limits_hold_when_writing_and_when_reading(tmp_path: Path, limits: RecordingLimits) -> None:
    kept = frames(4, 300)

    def too_much() -> None:
        with RecordingWriter(tmp_path / "a.vvcap", KEY, OPENING, limits=limits) as writer:
            for frame in kept:
                writer.add(frame)

    with pytest.raises(FileError, match="recording_too_large"):
        too_much()
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "a.vvcap", kept * (10 if limits.most_bytes < 2_000 else 1))
    with pytest.raises(FileError, match=r"recording_unreadable|file_too_large"):
        read_recording(tmp_path / "a.vvcap", KEY, limits=limits)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="recording_not_written"):
        write(tmp_path / "none" / "a.vvcap", [])


@pytest.mark.parametrize("participant", ["", "Ann Other", "-x", "a" * 41, "../x", "王"])
def test_a_participant_has_a_code_and_no_name(tmp_path: Path, participant: str) -> None:
    consent = msgspec.structs.replace(CONSENT, participant=participant)
    with pytest.raises(ValueError, match="participant"):
        RecordingWriter(tmp_path / "a.vvcap", KEY, Opening(challenge=CHALLENGE, consent=consent))
    assert list(tmp_path.iterdir()) == []


def test_a_summary_tells_what_a_list_needs(tmp_path: Path) -> None:
    write(tmp_path / "a.vvcap", frames(11, 60), opening=Opening(challenge=CHALLENGE, consent=CONSENT, species="print"))
    found = summarise(tmp_path / "a.vvcap", KEY)
    assert (found.participant, found.species, found.frames, found.light) == ("P-017", "print", 11, True)
    assert found.recorded_at == NOW
    assert found.duration_s == pytest.approx(1.0, abs=0.03)


def test_only_recordings_are_listed_by_name(tmp_path: Path) -> None:
    for name in ("b.vvcap", "a.vvcap", "notes.txt", ".vvcap-unfinished-1"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.vvcap").mkdir()
    assert [file.name for file in recordings_in(tmp_path)] == ["a.vvcap", "b.vvcap"]
    with pytest.raises(FileError, match="file_missing"):
        recordings_in(tmp_path / "none")


class TestErasing:
    def test_the_key_is_gone_before_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "a.vvcap"
        write(file, frames(3, 60))
        os.link(file, tmp_path / "what the disk still holds")
        destroy(file)
        assert not file.exists()
        left = tmp_path / "what the disk still holds"
        assert left.read_bytes()[8:96] == bytes(88)
        assert code_of(left) == "recording_unreadable"
        destroy(left)  # an erasure that was broken off can be done again
        assert list(tmp_path.iterdir()) == []

    def test_other_files_and_links_are_left_alone(self, tmp_path: Path) -> None:
        other, file = tmp_path / "letter.txt", tmp_path / "a.vvcap"
        other.write_bytes(b"Dear Ann, ...")
        write(file, [])
        (tmp_path / "link.vvcap").symlink_to(file)
        for path, code in (
            (other, "not_a_recording"),
            (tmp_path / "none", "file_missing"),
            (tmp_path, "recording_not_erased"),
            (tmp_path / "link.vvcap", "recording_not_erased"),
        ):
            with pytest.raises(FileError) as caught:
                destroy(path)
            assert caught.value.code == code
        assert other.read_bytes() == b"Dear Ann, ..."
        assert read_recording(file, KEY).frames == ()


class TestKeys:
    def test_a_key_is_made_for_its_owner_alone_and_never_over_another(self, tmp_path: Path) -> None:
        file = tmp_path / "site.key"
        make_key(file)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        first = read_key(file)
        assert first.secret.hex() not in repr(first)
        with pytest.raises(FileError, match="recording_key_exists"):
            make_key(file)
        assert read_key(file) == first
        make_key(tmp_path / "other.key")
        assert read_key(tmp_path / "other.key") != first

    @pytest.mark.parametrize("size", [0, 31, 33, 5_000])
    def test_a_file_of_another_length_is_no_key(self, tmp_path: Path, size: int) -> None:
        file = tmp_path / "site.key"
        file.write_bytes(bytes(size))
        file.chmod(0o600)
        with pytest.raises(FileError, match="recording_key_invalid"):
            read_key(file)

    def test_a_key_that_others_may_read_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "site.key"
        make_key(file)
        file.chmod(0o640)
        with pytest.raises(FileError, match="recording_key_exposed"):
            read_key(file)

    def test_a_key_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileError, match="file_missing"):
            read_key(tmp_path / "site.key")
        with pytest.raises(FileError, match="recording_key_not_written"):
            make_key(tmp_path / "none" / "site.key")
