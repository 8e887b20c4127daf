"""The audit log: every change to a row is found, appends and heads need no rebuild, and nothing personal fits in."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visavis.adapters.audit_file import FileAuditStore, audit_lines
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm, KeySet
from visavis.audit.checking import AuditReport, check_log, head_line
from visavis.audit.entry import FIRST, Act, Actor, ActorKind, Entry, PolicyUsed, read_entry
from visavis.audit.log import AuditLog, AuditStore, MemoryAuditStore, SignedHead, Tail, extend
from visavis.audit.merkle import leaf_hash, verify_consistency, verify_inclusion
from visavis.decision.canonical import canonical_json
from visavis.errors import AuditError, ConfigurationError, ExitStatus, FileError

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAME = "visavis:test"
KEY = SoftwareKey.generate(Algorithm.ED25519)
KEYS = KeySet.of({"keys": [{**KEY.public_jwk, "kid": KEY.kid}]})
POLICY = PolicyUsed(id="sim_registration", version=2, digest="ab" * 32)


def act(number: int = 0, **changes: Any) -> Act:
    options: dict[str, Any] = {
        "at": NOW + timedelta(seconds=number),
        "actor": Actor(kind=ActorKind.RELYING_PARTY, id="rlp_shop"),
        "act": "verification.opened",
        "subject": f"ver_{number}",
        "policy": POLICY if number % 2 else None,
        "details": {"attempt": number % 3} if number % 3 else {},
    }
    return Act(**{**options, **changes})


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AuditStore]:
    if request.param == "memory":
        yield MemoryAuditStore()
        return
    made = FileAuditStore(tmp_path / "audit.jsonl", name=NAME, keys=KEYS)
    yield made
    made.close()


def written(*, rows: int = 9, heads: tuple[int, ...] = (3, 9)) -> list[bytes]:
    """The lines of a log with a head after so many rows."""
    log = AuditLog(MemoryAuditStore(), name=NAME)
    lines: list[bytes] = []
    for number in range(rows):
        lines += [entry.as_row() for entry in log.record(act(number))]
        if number + 1 in heads:
            lines.append(head_line(log.sign_head(now=NOW + timedelta(seconds=number), key=KEY).token))
    return lines


def check(lines: list[bytes], **changes: Any) -> AuditReport:
    return check_log(lines, **{"keys": KEYS, "log": NAME, **changes})


def broken(lines: list[bytes], **changes: Any) -> str:
    with pytest.raises(AuditError) as caught:
        check(lines, **changes)
    assert caught.value.exit_status is ExitStatus.NOT_SAME
    return caught.value.code


LINES = written()


# what is found


def test_a_whole_log_holds() -> None:
    report = check(LINES)
    assert (report.rows, report.covered, report.heads) == (9, 9, 2)
    assert report.whole
    assert report.first_at == NOW
    assert report.last_at == NOW + timedelta(seconds=8)
    assert check([]).rows == 0


def test_every_changed_byte_is_found() -> None:
    """Every byte of every line, rows and heads, by its neighbour."""
    lines = written(rows=3, heads=(3,))
    passed = []
    for number, line in enumerate(lines):
        for place in range(len(line)):
            changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
            try:
                check([*lines[:number], changed, *lines[number + 1 :]])
            except AuditError:
                continue
            passed.append((number, place))
    assert passed == []


@settings(max_examples=60)
@given(data=st.data())
def test_any_change_of_rows_is_found(data: st.DataObject) -> None:
    lines = list(LINES)
    kind = data.draw(st.sampled_from(["byte", "remove", "swap", "repeat", "move", "insert"]))
    place = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(0, len(lines) - 1))
    if kind == "byte":
        line = bytearray(lines[place])
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
        lines[place] = bytes(line)
    elif kind == "remove":
        del lines[place]
    elif kind == "swap":
        lines[place], lines[other] = lines[other], lines[place]
    elif kind == "repeat":
        lines.insert(other, lines[place])
    elif kind == "move":
        lines.insert(other, lines.pop(place))
    else:
        lines.insert(place, data.draw(st.binary(max_size=40)))
    if lines == LINES:
        return
    if lines == LINES[:-1]:  # without its last head nothing is wrong, and nothing is covered any more
        assert not check(lines).whole
        return
    broken(lines)


@pytest.mark.parametrize("place", range(len(LINES) - 1))
def test_every_removed_row_is_found(place: int) -> None:
    broken(LINES[:place] + LINES[place + 1 :])


@pytest.mark.parametrize("place", range(len(LINES) - 1))
def test_every_two_rows_in_another_order_are_found(place: int) -> None:
    broken([*LINES[:place], LINES[place + 1], LINES[place], *LINES[place + 2 :]])


def rechained(rows: list[bytes], place: int, changed: dict[str, Any]) -> list[bytes]:
    """What somebody without the key would do: change a row, and mend the chain after it."""
    mended, previous = [], FIRST
    for number, row in enumerate(rows):
        table = json.loads(row) | {"previous": previous.hex()} | (changed if number == place else {})
        mended.append(canonical_json(table))
        previous = leaf_hash(mended[-1])
    return mended


def test_a_mended_chain_does_not_fit_its_head() -> None:
    rows = written(rows=5, heads=())
    head = written(rows=5, heads=(5,))[-1]
    assert check([*rows, head]).whole
    assert broken([*rechained(rows, 2, {"act": "verification.erased"}), head]) == "audit_head_mismatch"


def test_a_log_that_was_written_anew_does_not_fit_a_head_kept_elsewhere() -> None:
    kept = json.loads(LINES[3])["head"]
    assert check(LINES, known_heads=[kept]).known_heads == 1
    other = AuditLog(MemoryAuditStore(), name=NAME)
    anew = [entry.as_row() for entry in other.record(*(act(number + 1) for number in range(9)))]
    anew.append(head_line(other.sign_head(now=NOW, key=KEY).token))
    assert check(anew).whole
    assert broken(anew, known_heads=[kept]) == "audit_history_rewritten"


def test_a_log_that_was_cut_off_does_not_fit_a_head_kept_elsewhere() -> None:
    kept = json.loads(LINES[-1])["head"]
    cut = LINES[:4]
    assert check(cut).whole
    assert broken(cut, known_heads=[kept]) == "audit_log_cut_off"
    assert broken([], known_heads=[kept]) == "audit_log_cut_off"


def test_rows_after_the_last_head_are_told() -> None:
    report = check(written(rows=9, heads=(4,)))
    assert (report.rows, report.covered) == (9, 4)
    assert not report.whole


def test_heads_of_another_key_or_log_are_refused() -> None:
    other = SoftwareKey.generate(Algorithm.ED25519)
    assert broken(LINES, keys=KeySet.of({"keys": [dict(other.public_jwk)]})) == "audit_head_invalid"
    assert broken(LINES, log="visavis:other") == "audit_head_of_another_log"


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"null", b"[]", b"\xff", b"{" * 5000, b"x" * 9000, b'{"head":7}', b'{"head":"x"}']
)
def test_what_is_no_line_is_refused(line: bytes) -> None:
    assert broken([line]) in {"audit_row_malformed", "audit_head_invalid"}


def test_a_row_has_one_form() -> None:
    row = LINES[0]
    assert read_entry(row)[0].as_row() == row
    spaced = json.dumps(json.loads(row)).encode()
    for other in (
        spaced,
        row + b" ",
        row.replace(b'"seq":0', b'"seq":0.0'),
        row.replace(b'"seq":0', b'"more":1,"seq":0'),
    ):
        with pytest.raises(AuditError, match="audit_row_malformed"):
            read_entry(other)


# what is written


def test_acts_come_back_as_they_were(store: AuditStore) -> None:
    log = AuditLog(store, name=NAME)
    acts = [act(number) for number in range(7)]
    log.record(*acts[:3])
    log.record(*acts[3:])
    assert [read_entry(row)[0].act for row in store.rows()] == acts
    assert [read_entry(row)[0].seq for row in store.rows(2, 4)] == [2, 3]
    assert log.record() == ()


def test_heads_follow_each_other_and_prove_what_is_under_them(store: AuditStore) -> None:
    log = AuditLog(store, name=NAME)
    heads: list[SignedHead] = []
    for number in range(12):
        log.record(act(number))
        if number % 4 == 3:
            heads.append(log.sign_head(now=NOW + timedelta(hours=number), key=KEY))
    assert [head.head.size for head in heads] == [4, 8, 12]
    rows = list(store.rows())
    for index, row in enumerate(rows):
        proof = log.prove_inclusion(index, size=12)
        assert verify_inclusion(leaf=leaf_hash(row), index=index, size=12, proof=proof, root=heads[2].head.root)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        a, b = heads[first].head, heads[second].head
        link = log.prove_consistency(a.size, b.size)
        assert verify_consistency(first=a.size, first_root=a.root, second=b.size, second_root=b.root, proof=link)
    assert log.root(4) == heads[0].head.root
    with pytest.raises(IndexError):
        log.prove_consistency(4, 13)


def test_a_head_is_due_after_an_hour_with_rows(store: AuditStore) -> None:
    log = AuditLog(store, name=NAME)
    assert not log.head_due(NOW)
    log.record(act())
    assert log.head_due(NOW)
    log.sign_head(now=NOW, key=KEY)
    assert not log.head_due(NOW + timedelta(days=1))
    log.record(act())
    assert not log.head_due(NOW + timedelta(minutes=59))
    assert log.head_due(NOW + timedelta(minutes=60))


def test_writers_at_once_write_one_log(store: AuditStore) -> None:
    logs = [AuditLog(store, name=NAME, attempts=1000) for _ in range(4)]

    def work(number: int) -> None:
        for turn in range(10):
            logs[number].record(act(number * 100 + turn))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    lines = list(store.rows())
    head = logs[0].sign_head(now=NOW, key=KEY)
    assert check([*lines, head_line(head.token)]).rows == 40
    assert len({read_entry(line)[0].act.subject for line in lines}) == 40


def test_who_comes_too_late_is_told() -> None:
    store = MemoryAuditStore()
    first = extend(Tail(), [act(1)])
    second = extend(Tail(), [act(2)])
    store.append(first, after=0)
    with pytest.raises(AuditError, match="audit_conflict"):
        store.append(second, after=0)
    with pytest.raises(AuditError, match="audit_conflict"):
        AuditLog(Late(), name=NAME, attempts=3).record(act(2))


class Late(MemoryAuditStore):
    """Somebody else is always first."""

    def append(self, extension: Any, *, after: int) -> None:
        super().append(extend(Tail(), []), after=after + 1)


def test_an_append_does_not_grow_with_the_log() -> None:
    """Counted, not timed: hashes made for a row in a log of 256, and what a head needs."""
    tail = extend(Tail(), [act(number) for number in range(255)]).tail
    added = extend(tail, [act(1)])
    assert len(added.nodes) == 9  # the worst case: every subtree is finished
    assert len(added.tail.frontier.tops) == 1
    assert len(extend(added.tail, [act(1)]).nodes) == 1


# what does not fit in


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Anna Möbius"},
        {"subject": "anna@example.org"},
        {"subject": "+49 151 1234567"},
        {"subject": ""},
        {"subject": "x" * 121},
        {"party": "Müller"},
        {"actor": Actor(kind=ActorKind.REVIEWER, id="Jo Doe")},
        {"act": "opened"},
        {"act": "Verification.opened"},
        {"act": "verification.opened for Anna"},
        {"details": {"name": "Anna Möbius"}},
        {"details": {"line": 491511234567}},
        {"details": {"Name": "x"}},
        {"details": {f"a{number}": 1 for number in range(17)}},
        {"policy": PolicyUsed(id="a b", version=1, digest="x")},
        {"policy": PolicyUsed(id="a", version=10**9, digest="x")},
        {"at": NOW.replace(tzinfo=None)},
    ],
)
def test_what_could_be_personal_has_no_place(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"audit log|act is|details are"):
        act(**changes)


# the file


def reopened(path: Path) -> FileAuditStore:
    return FileAuditStore(path, name=NAME, keys=KEYS)


def test_a_file_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    for start in (0, 5):
        store = reopened(path)
        log = AuditLog(store, name=NAME)
        for number in range(start, start + 5):
            log.record(act(number))
        log.sign_head(now=NOW + timedelta(hours=start), key=KEY)
        store.close()
    report = check(list(audit_lines(path)))
    assert (report.rows, report.heads, report.whole) == (10, 2, True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_one_process_writes(tmp_path: Path) -> None:
    store = reopened(tmp_path / "audit.jsonl")
    with pytest.raises(ConfigurationError, match="audit_log_busy"):
        reopened(tmp_path / "audit.jsonl")
    store.close()
    reopened(tmp_path / "audit.jsonl").close()


@pytest.mark.parametrize("half", [b"{", b'{"act":"verif', b'{"head":"eyJ', LINES[4][:-1]])
def test_a_line_that_was_never_finished_is_taken_away(tmp_path: Path, half: bytes) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in LINES[:4]) + half)
    store = reopened(path)
    assert store.size() == 3
    AuditLog(store, name=NAME).record(act(77))
    store.close()
    assert check(list(audit_lines(path))).rows == 4


@pytest.mark.parametrize("content", [b"dear diary", b"\x89PNG", b"a\n" * 10])
def test_another_file_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(content)
    with pytest.raises(AuditError, match="audit_row_malformed"):
        reopened(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("place", range(len(LINES)))
def test_nothing_is_added_to_a_log_that_was_changed(tmp_path: Path, place: int) -> None:
    path = tmp_path / "audit.jsonl"
    lines = list(LINES)
    lines[place] = lines[place].replace(b"verification.opened", b"verification.erased").replace(b"eyJ", b"eyK")
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    with pytest.raises(AuditError):
        reopened(path)


def test_a_disk_that_does_not_take_it_leaves_no_half_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    store = reopened(tmp_path / "audit.jsonl")
    log = AuditLog(store, name=NAME)
    log.record(act(1))
    real = os.write

    def little(descriptor: int, data: bytes) -> int:
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return real(descriptor, bytes(data)[: len(data) - 50])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", little)
        with pytest.raises(ConfigurationError, match="audit_log_not_writable"):
            log.record(act(2))
    log.record(act(3))
    assert [read_entry(row)[0].act.subject for row in store.rows()] == ["ver_1", "ver_3"]
    store.close()


def test_a_file_that_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="audit_log_not_writable"):
        reopened(tmp_path / "none" / "audit.jsonl")
    with pytest.raises(FileError, match="file_missing"):
        list(audit_lines(tmp_path / "none.jsonl"))


def test_an_entry_is_a_value() -> None:
    entry = Entry(seq=0, previous=FIRST, act=act())
    assert read_entry(entry.as_row()) == (entry, leaf_hash(entry.as_row()))
