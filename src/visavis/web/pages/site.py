"""The files of the pages, read once and made ready to be sent: with an ETag, compressed, and with their digests written
into the HTML, so that a browser runs nothing but these very bytes (W3C Subresource Integrity).

What a page says is written under `static/words`, one file a part and a language. A page names its parts, and is sent
one catalogue a language: `shared`, and its parts in their order.
"""

import base64
import functools
import gzip
import hashlib
import html
import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

__all__ = ["ROOT", "SentFile", "Site", "read_site"]

ROOT: Final = "/p/static/"
"""Where the files stand, in the address."""
TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_PAGE: Final = "/index.html"
_WORDS: Final = "words/"
_FIRST_LANGUAGE: Final = "en"
_IMPORT: Final = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+)";', re.MULTILINE)
_ASKED: Final = re.compile(rf'(?:href|src)="{ROOT}(?P<name>[^"]+)"')
_CHECKED: Final = re.compile(rf'(?:href|src)="{ROOT}(?P<name>[^"]+\.(?:css|js))"')
_PARTS: Final = re.compile(r'<html\b[^>]*\bdata-words="([^"]*)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """``packed``: by gzip, None where that is no shorter. ``integrity``: SHA-384, as a browser asks for it."""

    media_type: str
    content: bytes
    packed: bytes | None
    tag: str
    integrity: str

    @property
    def wire_bytes(self) -> int:
        return len(self.content if self.packed is None else self.packed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """``files``: by what stands behind `ROOT` in their address; ``pages``: the HTML, by its folder's name; ``needs``:
    by the same name, the files that a page loads before it works, the catalogue of one language among them.
    ``faults``: of pages that are not whole, which are not served; the others are.
    """

    files: Mapping[str, SentFile]
    pages: Mapping[str, SentFile]
    needs: Mapping[str, tuple[str, ...]]
    faults: Mapping[str, str]


@functools.cache
def read_site() -> Site:
    """The files of this very package, which do not change while it runs."""
    return make_site(dict(_walk(resources.files(__package__) / "static", "")))


def make_site(sources: Mapping[str, bytes]) -> Site:
    """``sources``: by path. A page has a fault where it asks for a file, or for words, that there are not, and where
    one key stands in two of its parts.
    """
    files = {
        name: _sent(content, TYPES[posixpath.splitext(name)[1]])
        for name, content in sources.items()
        if not name.endswith(_PAGE) and not name.startswith(_WORDS)
    }
    pages: dict[str, SentFile] = {}
    needs: dict[str, tuple[str, ...]] = {}
    faults: dict[str, str] = {}
    for page in sorted(name.removesuffix(_PAGE) for name in sources if name.endswith(_PAGE)):
        try:
            words, pages[page], needs[page] = _page(page, sources, files)
        except ValueError as error:
            faults[page] = str(error)
        else:
            files |= words
    return Site(files=files, pages=pages, needs=needs, faults=faults)


def _page(
    page: str, sources: Mapping[str, bytes], files: Mapping[str, SentFile]
) -> tuple[dict[str, SentFile], SentFile, tuple[str, ...]]:
    """Its words by their address, its HTML, and what it needs. Raises ValueError."""
    text = sources[page + _PAGE].decode()
    parts = _PARTS.search(text)
    if parts is None:
        raise ValueError("It names no words.")
    catalogues = _catalogues(sources, ("shared", *parts[1].split()))
    words = {
        f"{_WORDS}{page}.{language}.json": _sent(
            json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode(), TYPES[".json"]
        )
        for language, said in catalogues.items()
    }
    written, loaded = _written(page, text, sources, {**files, **words}, catalogues)
    sent = _sent(written.encode(), "text/html; charset=utf-8")
    return words, sent, (*loaded, f"{_WORDS}{page}.{_FIRST_LANGUAGE}.json")


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        elif posixpath.splitext(entry.name)[1] in {*TYPES, ".html"}:
            yield prefix + entry.name, entry.read_bytes()


def _sent(content: bytes, media_type: str) -> SentFile:
    packed = gzip.compress(content, compresslevel=9, mtime=0)
    return SentFile(
        media_type=media_type,
        content=content,
        packed=packed if len(packed) < len(content) else None,
        tag=hashlib.sha256(content).hexdigest()[:32],
        integrity="sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode(),
    )


def _catalogues(sources: Mapping[str, bytes], parts: Sequence[str]) -> dict[str, dict[str, str]]:
    """By language, those of `shared`, English first. A sentence that another language lacks is said in English."""
    found = re.compile(rf"{_WORDS}shared\.([A-Za-z-]+)\.json")
    languages = sorted(
        (match[1] for name in sources if (match := found.fullmatch(name))),
        key=lambda tag: (tag != _FIRST_LANGUAGE, tag),
    )
    made: dict[str, dict[str, str]] = {}
    for language in languages:
        words: dict[str, str] = {}
        for part in parts:
            name = f"{_WORDS}{part}.{language}.json"
            if name not in sources:
                raise ValueError(f"{name} is missing.")
            added = json.loads(sources[name])
            if twice := words.keys() & added.keys():
                raise ValueError(f"{name} has words that stand elsewhere: {', '.join(sorted(twice))}.")
            words |= added
        made[language] = {**made.get(_FIRST_LANGUAGE, {}), **words}
    return made


def _written(
    page: str,
    text: str,
    sources: Mapping[str, bytes],
    files: Mapping[str, SentFile],
    catalogues: Mapping[str, Mapping[str, str]],
) -> tuple[str, list[str]]:
    """The HTML with what the service knows and its author need not: digests of all that is loaded, every module at
    once, where the words of each language are, and what is said where no script runs. And which files that loads.
    """
    asked = [match["name"] for match in _ASKED.finditer(text)]
    modules = _modules([name for name in asked if name.endswith(".js")], sources)
    for name in (*asked, *modules):
        if name not in files:
            raise ValueError(f"{name} is missing.")
    said = "".join(
        f'<p lang="{language}">{html.escape(words["noscript"])}</p>' for language, words in catalogues.items()
    )
    head = [
        f'<link rel="modulepreload" href="{ROOT}{name}" integrity="{files[name].integrity}">'
        for name in modules
        if name not in asked
    ]
    for language, words in catalogues.items():
        address = f"{_WORDS}{page}.{language}.json"
        head.append(
            f'<meta name="words" content="{ROOT}{address}" data-language="{language}" '
            f'data-dir="{words["language.dir"]}" data-name="{html.escape(words["language.name"])}" '
            f'data-integrity="{files[address].integrity}">'
        )
    text = _CHECKED.sub(lambda match: f'{match[0]} integrity="{files[match["name"]].integrity}"', text)
    text = text.replace("</head>", "\n".join([*head, "</head>"]), 1)
    text = text.replace("</body>", f"<noscript>{said}</noscript>\n</body>", 1)
    return text, [*asked, *(name for name in modules if name not in asked)]


def _modules(entries: Sequence[str], sources: Mapping[str, bytes]) -> list[str]:
    """Those, and all that they import, each once."""
    found: list[str] = []
    waiting = list(entries)
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        found.append(name)
        text = sources.get(name, b"").decode()
        waiting += [posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in _IMPORT.findall(text)]
    return found
