"""Looking for what must not be there: in files of folders, and in whatever this process has open, in every form that
bytes take on their way into files.
"""

import base64
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]

CHUNK = 24
"""So many bytes of a picture or a template: none appear by chance, and a part that was written is found as well."""
LARGEST = 1 << 27
START = 4
"""No needle is shorter."""


def of_bytes(data: bytes) -> set[bytes]:
    """Pieces of ``data`` from three places, plain, in hexadecimal and in base64."""
    places = [len(data) * part // 4 for part in (1, 2, 3)]
    pieces = [data[place : place + CHUNK] for place in places if len(data[place : place + CHUNK]) == CHUNK]
    return {form for piece in pieces or [data] for form in (piece, *_coded(piece))}


def of_text(text: str) -> set[bytes]:
    """A name or a number in the encodings and cases of files, in hexadecimal and in base64."""
    plain = {cased.encode(coding) for cased in (text, text.upper(), text.lower()) for coding in ("utf-8", "utf-16-le")}
    return plain | {form for item in plain for form in _coded(item)}


def _coded(data: bytes) -> Iterator[bytes]:
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for before in range(3):  # base64 looks otherwise at each of three places; its ends depend on the neighbours
        whole = base64.b64encode(bytes(before) + data)
        inner = whole[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")


def open_files() -> Iterator[tuple[str, bytes]]:
    """Every file that this process has open, also one that has no name any more."""
    folder = Path("/proc/self/fd")
    for file in folder.iterdir():
        try:
            entry = file.stat()
            if not stat.S_ISREG(entry.st_mode) or entry.st_size > LARGEST:
                continue
            yield f"open file {file.name}", file.read_bytes()
        except OSError:  # closed meanwhile: the one that listed the folder, for one
            continue


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
        yield f"the name of {path.relative_to(folder)}", path.name.encode()


def found(needles: Mapping[str, Iterable[bytes]], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """What was found where, in words that do not repeat it. One pass over each place, however many needles."""
    every = {form: what for what, forms in needles.items() for form in forms}
    by_start: dict[bytes, list[bytes]] = {}
    for form in every:
        by_start.setdefault(form[:START], []).append(form)
    starts = np.zeros(1 << 24, bool)
    starts[[int.from_bytes(start[:3], "little") for start in by_start]] = True
    said: list[str] = []
    for where, content in places:
        here = {
            every[form]
            for at in _begins(content, starts)
            for form in by_start.get(content[at : at + START], ())
            if content.startswith(form, at)
        }
        said += [f"{what} in {where}" for what in sorted(here)]
    return said


def _begins(content: bytes, starts: BoolArray) -> list[int]:
    """Where three bytes stand with which some needle begins."""
    data = np.frombuffer(content, np.uint8).astype(np.uint32)
    if data.size < START:
        return []
    places: list[int] = np.flatnonzero(starts[data[:-2] | data[1:-1] << 8 | data[2:] << 16]).tolist()
    return places
