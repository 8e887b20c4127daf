"""Reading a list of labelled pairs.

A UTF-8 CSV file whose first line names its columns, in any order:

- ``file_a``, ``file_b``: pictures, relative to the folder of pictures, with ``/`` between folders
- ``same``: 1 for two pictures of one person, 0 for two people
- ``fold`` (optional): which fold a pair belongs to, for cross-validated accuracy
- ``group`` (optional): a name under which its figures are shown apart
- ``identity_a``, ``identity_b`` (optional, both or neither): whose picture each is

Anything else is refused with the line it stands on: a list that is half understood gives figures that are half true.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from visavis.errors import TableError
from visavis.files import read_file

__all__ = ["IdentitySource", "Pair", "PairList", "identities", "linked_groups", "read_pairs"]

MAX_BYTES: Final = 64 << 20
MAX_ROWS: Final = 500_000
MAX_FIELD: Final = 1024
MAX_NAMES: Final = 64
NAMED_MISSING: Final = 3
REQUIRED: Final = ("file_a", "file_b", "same")
OPTIONAL: Final = ("fold", "group", "identity_a", "identity_b")
IdentitySource = str
"""``folder``: the picture's first folder is the person; ``column``: the columns ``identity_a`` and ``identity_b``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    file_a: str
    file_b: str
    same: bool
    fold: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairList:
    """``files`` are the pictures named, sorted, each once; ``named`` whose they are, where the list says it."""

    pairs: tuple[Pair, ...]
    files: tuple[str, ...]
    named: Mapping[str, str]

    @property
    def has_folds(self) -> bool:
        return any(pair.fold for pair in self.pairs)

    @property
    def has_groups(self) -> bool:
        return any(pair.group for pair in self.pairs)


def read_pairs(table: Path, images: Path) -> PairList:
    """Read and check a list of pairs, and that every picture it names is a file in ``images``.

    Raises FileError as `visavis.files.read_file` does. TableError: ``images_missing``,
    ``pairs_unreadable``, ``pairs_too_large``, ``pairs_header``, ``pairs_row``, ``pairs_empty``, ``pairs_contradict``,
    ``pairs_outside`` (a picture outside the folder), ``pairs_missing_pictures``.
    """
    if not images.is_dir():
        raise TableError("images_missing", f"{images.name or 'The folder'} is not a folder of pictures.")
    rows = _rows(_text(table), table.name)
    pairs, named = _parse(rows, table.name)
    files = tuple(sorted({file for pair in pairs for file in (pair.file_a, pair.file_b)}))
    _check_files(files, images, table.name)
    return PairList(pairs=pairs, files=files, named=named)


def _text(table: Path) -> str:
    raw = read_file(table, max_bytes=MAX_BYTES)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError("pairs_unreadable", f"{table.name} is not text in UTF-8.") from error


def _rows(text: str, name: str) -> list[tuple[int, list[str]]]:
    """Lines that are not empty, with their numbers; the first holds the header."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if not row:
                continue
            if len(rows) > MAX_ROWS:
                raise TableError("pairs_too_large", f"{name} has more than {MAX_ROWS:,} pairs.")
            if any(len(field) > MAX_FIELD or "\0" in field for field in row):
                raise TableError("pairs_row", f"{name}, line {reader.line_num}: a field is too long or not text.")
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise TableError("pairs_row", f"{name}, line {reader.line_num}: not a line of a CSV file.") from error
    return rows


def _header(row: list[str], name: str) -> None:
    known = (*REQUIRED, *OPTIONAL)
    faults = (
        [f"no column {column}" for column in REQUIRED if column not in row]
        + [f"unknown column {column!r:.40}" for column in row if column not in known]
        + [f"column {column} twice" for column in known if row.count(column) > 1]
    )
    if ("identity_a" in row) != ("identity_b" in row):
        faults.append("identity_a and identity_b come together")
    if faults:
        raise TableError(
            "pairs_header",
            f"{name}, first line: {'; '.join(faults[:5])}.",
            advice=f"It must name the columns {', '.join(REQUIRED)}, and may name {', '.join(OPTIONAL)}.",
        )


def _parse(rows: list[tuple[int, list[str]]], name: str) -> tuple[tuple[Pair, ...], dict[str, str]]:
    if not rows:
        raise TableError("pairs_empty", f"{name} is empty.", advice="Its first line names the columns.")
    header = rows[0][1]
    _header(header, name)
    pairs: list[Pair] = []
    named: dict[str, str] = {}
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise TableError("pairs_row", f"{name}, line {line}: {len(row)} fields, not {len(header)}.")
        fields = dict(zip(header, row, strict=True))
        pair = _pair(fields, f"{name}, line {line}")
        for file, column in ((pair.file_a, "identity_a"), (pair.file_b, "identity_b")):
            if column in fields:
                _name(named, file, fields[column], f"{name}, line {line}")
        if "identity_a" in fields and (fields["identity_a"] == fields["identity_b"]) != pair.same:
            raise TableError("pairs_contradict", f"{name}, line {line}: same does not agree with the identities.")
        pairs.append(pair)
    if not pairs:
        raise TableError("pairs_empty", f"{name} has a header and no pairs.")
    _check_whole(pairs, name)
    return tuple(pairs), named


def _check_whole(pairs: Sequence[Pair], name: str) -> None:
    """What only the list as a whole can get wrong."""
    labels: dict[frozenset[str], bool] = {}
    for pair in pairs:
        if labels.setdefault(frozenset((pair.file_a, pair.file_b)), pair.same) != pair.same:
            raise TableError(
                "pairs_contradict",
                f"{name}: {PurePosixPath(pair.file_a).name} and {PurePosixPath(pair.file_b).name} "
                "are labelled both same and not the same.",
            )
    for column, values in (("fold", {pair.fold for pair in pairs}), ("group", {pair.group for pair in pairs})):
        if len(values) > MAX_NAMES:
            raise TableError("pairs_too_large", f"{name} has more than {MAX_NAMES} values in the column {column}.")


def _pair(fields: Mapping[str, str], where: str) -> Pair:
    if fields["same"] not in {"0", "1"}:
        raise TableError("pairs_row", f"{where}: same is {fields['same']!r:.40}, not 0 or 1.")
    for column in ("file_a", "file_b"):
        path = PurePosixPath(fields[column])
        if not fields[column] or path.is_absolute() or ".." in path.parts or "\\" in fields[column]:
            raise TableError(
                "pairs_outside" if fields[column] else "pairs_row",
                f"{where}: {column} is not a path inside the folder of pictures.",
                advice="Write it relative to the folder, with / between folders and without ...",
            )
    file_a, file_b = str(PurePosixPath(fields["file_a"])), str(PurePosixPath(fields["file_b"]))
    if file_a == file_b:
        raise TableError("pairs_row", f"{where}: a picture is paired with itself.")
    for column in ("fold", "group"):
        if column in fields and not fields[column]:
            raise TableError("pairs_row", f"{where}: {column} is empty.")
    return Pair(
        file_a=file_a,
        file_b=file_b,
        same=fields["same"] == "1",
        fold=fields.get("fold", ""),
        group=fields.get("group", ""),
    )


def _name(named: dict[str, str], file: str, identity: str, where: str) -> None:
    if not identity:
        raise TableError("pairs_row", f"{where}: an identity is empty.")
    if named.setdefault(file, identity) != identity:
        raise TableError("pairs_contradict", f"{where}: a picture has two identities.")


def _check_files(files: Sequence[str], images: Path, name: str) -> None:
    root = images.resolve()
    missing = []
    for file in files:
        path = (root / file).resolve()
        if not path.is_relative_to(root):
            raise TableError("pairs_outside", f"{name} names a picture that lies outside the folder of pictures.")
        if not path.is_file():
            missing.append(file)
    if missing:
        more = f" and {len(missing) - NAMED_MISSING:,} more" if len(missing) > NAMED_MISSING else ""
        first = ", ".join(PurePosixPath(file).name for file in missing[:NAMED_MISSING])
        raise TableError(
            "pairs_missing_pictures",
            f"{name} names pictures that are not in the folder: {first}{more}.",
            advice="Give their folder with --images.",
        )


def identities(table: PairList, source: IdentitySource) -> dict[str, str]:
    """Whose each picture is. Raises TableError where the list does not say, or says otherwise in ``same``."""
    if source == "column":
        if not table.named:
            raise TableError(
                "identity_unknown",
                "The list has no columns identity_a and identity_b.",
                advice="Add them, or name people by folder with --identity-from folder.",
            )
        return dict(table.named)
    people = {}
    for file in table.files:
        parts = PurePosixPath(file).parts
        if len(parts) < 2:
            raise TableError(
                "identity_unknown",
                f"{file} lies in no folder that would name the person.",
                advice="Put each person's pictures in a folder, or add the columns identity_a and identity_b.",
            )
        people[file] = "/".join(parts[:-1])
    for pair in table.pairs:
        if (people[pair.file_a] == people[pair.file_b]) != pair.same:
            raise TableError(
                "pairs_contradict",
                f"{PurePosixPath(pair.file_a).name} and {PurePosixPath(pair.file_b).name}: "
                "same does not agree with their folders.",
            )
    return people


def linked_groups(table: PairList) -> dict[str, str]:
    """Pictures that the list links as one person, directly or through others, named by the first of them.

    Two groups may still be one person: good for telling which pairs hang together, not for forming new impostor pairs.
    """
    parent = {file: file for file in table.files}

    def root(file: str) -> str:
        while parent[file] != file:
            parent[file] = parent[parent[file]]
            file = parent[file]
        return file

    for pair in table.pairs:
        if pair.same:
            first, second = sorted((root(pair.file_a), root(pair.file_b)))
            parent[second] = first
    return {file: root(file) for file in table.files}
