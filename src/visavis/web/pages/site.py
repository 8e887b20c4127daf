"""The files of the pages, read once and made ready to be sent: with an ETag, compressed, and with their digests written
into the HTML, so that a browser runs nothing but these very bytes (W3C Subresource Integrity).

A page is sent one script and one style, made of all that it names. What it needs only later it keeps in a template,
`<template id="later">`, which a browser does not load until a script of the page puts a copy of it into the document.

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

from visavis.web.pages.bundles import Bundle, bundled, modules_of

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
_MADE: Final = "made/"
_AFTER: Final = "-later"
_FIRST_LANGUAGE: Final = "en"
_ASKED: Final = re.compile(rf'(?:href|src)="{ROOT}(?P<name>[^"]+)"')
_CHECKED: Final = re.compile(rf'(?:href|src)="{ROOT}(?P<name>[^"]+\.(?:css|js))"')
_STYLE: Final = re.compile(rf'<link rel="stylesheet" href="{ROOT}(?P<name>[^"]+)">\n?')
_SCRIPT: Final = re.compile(rf'<script type="module" src="{ROOT}(?P<name>[^"]+)"></script>')
_LATER: Final = re.compile(r"(?<=<template id=\"later\">\n).*?(?=</template>)", re.DOTALL)
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
    """``files``: by what stands behind `ROOT` in their address; ``pages``: the HTML, by its folder's name. By the same
    name: ``needs``, the files that a page loads, the catalogue of one language among them; ``first``, those of them
    without which it shows nothing; ``modules``, those that its scripts are made of. ``faults``: of pages that are not
    whole, which are not served; the others are.
    """

    files: Mapping[str, SentFile]
    pages: Mapping[str, SentFile]
    needs: Mapping[str, tuple[str, ...]]
    first: Mapping[str, tuple[str, ...]]
    modules: Mapping[str, tuple[str, ...]]
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
    made: dict[str, _Page] = {}
    faults: dict[str, str] = {}
    for page in sorted(name.removesuffix(_PAGE) for name in sources if name.endswith(_PAGE)):
        try:
            made[page] = _page(page, sources, files)
        except ValueError as error:
            faults[page] = str(error)
    for one in made.values():
        files |= one.files
    return Site(
        files=files,
        pages={page: one.html for page, one in made.items()},
        needs={page: (*one.first, *one.later) for page, one in made.items()},
        first={page: one.first for page, one in made.items()},
        modules={page: one.modules for page, one in made.items()},
        faults=faults,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """``files``: what was made for it, by their address; ``first`` and ``later``: what it loads."""

    html: SentFile
    files: Mapping[str, SentFile]
    first: tuple[str, ...]
    later: tuple[str, ...]
    modules: tuple[str, ...]


def _page(page: str, sources: Mapping[str, bytes], files: Mapping[str, SentFile]) -> _Page:
    """Raises ValueError."""
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
    begin, later, end = _parted(text)
    if _ASKED.search(end):
        raise ValueError("It asks for files behind what it asks for later.")
    made, modules = _made(page, begin, later, sources)
    known = {**files, **words, **made}
    begin, later = (_pointed(part, name) for part, name in ((begin, page), (later, page + _AFTER)))
    asked = [tuple(match["name"] for match in _ASKED.finditer(part)) for part in (begin, later)]
    for name in (*asked[0], *asked[1]):
        if name not in known:
            raise ValueError(f"{name} is missing.")
    written = _written(page, begin + later + end, known, catalogues)
    return _Page(
        html=_sent(written.encode(), "text/html; charset=utf-8"),
        files={**words, **made},
        first=(*asked[0], f"{_WORDS}{page}.{_FIRST_LANGUAGE}.json"),
        later=asked[1],
        modules=modules,
    )


def _parted(text: str) -> tuple[str, str, str]:
    """What it asks for at once, what its template keeps for later, and the rest."""
    found = _LATER.search(text)
    return (text, "", "") if found is None else (text[: found.start()], found[0], text[found.end() :])


def _made(
    page: str, begin: str, later: str, sources: Mapping[str, bytes]
) -> tuple[dict[str, SentFile], tuple[str, ...]]:
    """One script and one style for either part, by their address; and the modules that are in the scripts."""
    made: dict[str, SentFile] = {}
    scripts = {name: content.decode() for name, content in sources.items() if name.endswith(".js")}
    entry, last = _entry(begin), _entry(later)
    bundles: dict[str, Bundle] = {}
    if entry:
        borrowing = frozenset(modules_of(last, scripts)) if last else frozenset()
        lent = [name for name in modules_of(entry, scripts) if name in borrowing]
        bundles[page] = bundled(entry, scripts, lent=lent)
        if last:
            there = bundles[page].modules
            bundles[page + _AFTER] = bundled(last, scripts, there=there, at=f"./{page}.js")
    for name, bundle in bundles.items():
        made[f"{_MADE}{name}.js"] = _sent(bundle.text.encode(), TYPES[".js"])
    for name, part in ((page, begin), (page + _AFTER, later)):
        if styles := [match["name"] for match in _STYLE.finditer(part)]:
            if missing := [style for style in styles if style not in sources]:
                raise ValueError(f"{missing[0]} is missing.")
            made[f"{_MADE}{name}.css"] = _sent(b"\n".join(sources[style] for style in styles), TYPES[".css"])
    return made, tuple(module for bundle in bundles.values() for module in bundle.modules)


def _entry(part: str) -> str | None:
    found = [match["name"] for match in _SCRIPT.finditer(part)]
    if len(found) > 1:
        raise ValueError(f"It has two scripts where one can import the other: {' and '.join(found)}.")
    return found[0] if found else None


def _pointed(part: str, name: str) -> str:
    """At what was made of what it asks for."""
    part = _SCRIPT.sub(f'<script type="module" src="{ROOT}{_MADE}{name}.js"></script>', part)
    part = _STYLE.sub(f'<link rel="stylesheet" href="{ROOT}{_MADE}{name}.css">\n', part, count=1)
    return _STYLE.sub(lambda match: match[0] if match["name"].startswith(_MADE) else "", part)


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


def _written(page: str, text: str, files: Mapping[str, SentFile], catalogues: Mapping[str, Mapping[str, str]]) -> str:
    """The HTML with what the service knows and its author need not: digests of all that is loaded, where the words of
    each language are, and what is said where no script runs.
    """
    said = "".join(
        f'<p lang="{language}">{html.escape(words["noscript"])}</p>' for language, words in catalogues.items()
    )
    head = []
    for language, words in catalogues.items():
        address = f"{_WORDS}{page}.{language}.json"
        head.append(
            f'<meta name="words" content="{ROOT}{address}" data-language="{language}" '
            f'data-dir="{words["language.dir"]}" data-name="{html.escape(words["language.name"])}" '
            f'data-integrity="{files[address].integrity}">'
        )
    text = _CHECKED.sub(lambda match: f'{match[0]} integrity="{files[match["name"]].integrity}"', text)
    text = text.replace("</head>", "\n".join([*head, "</head>"]), 1)
    return text.replace("</body>", f"<noscript>{said}</noscript>\n</body>", 1)
