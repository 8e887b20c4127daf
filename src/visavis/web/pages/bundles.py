"""One script of many modules, so that a page asks for it once: a request costs a slow phone more than what it brings.

Nothing is translated. A module becomes a function that is called at once and gives what the module exports, in the
order in which a browser would run them (ECMA-262, 16.2.1.6); of its text only the imports are written anew, and
`export` is left out. That is sound for modules that export constants, functions and classes under their own names, and
import them, or all of a module, by `from`: those of these pages. Anything else is refused.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Bundle", "bundled", "modules_of"]

_IMPORT: Final = re.compile(
    r'^import (?:\{(?P<names>[^}]*)\}|\* as (?P<whole>[\w$]+)) from "(?P<path>\.[^"]+)";$', re.MULTILINE
)
_EXPORT: Final = re.compile(r"^export (?=(?:(?:async )?function|class|const) (?P<name>[\w$]+))", re.MULTILINE)
_OTHER: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """``modules``: those that it holds, in the order in which they run, by their paths."""

    text: str
    modules: tuple[str, ...]


def modules_of(entry: str, sources: Mapping[str, str]) -> tuple[str, ...]:
    """That module behind all that it imports, each once. Raises ValueError where one is missing, and where modules
    import each other in a circle.
    """
    found: list[str] = []
    _gather(entry, sources, found, ())
    return tuple(found)


def bundled(
    entry: str, sources: Mapping[str, str], *, lent: Sequence[str] = (), there: Sequence[str] = (), at: str = ""
) -> Bundle:
    """``entry``: what it is for, the one module that may wait at its top. ``lent``: of its modules those that another
    bundle uses as well. ``there``: modules that the bundle whose address is ``at`` lends, which are therefore not in
    this one. Raises ValueError.
    """
    held = [name for name in modules_of(entry, sources) if name not in there]
    if entry in lent or entry not in held:
        raise ValueError(f"{entry} is imported by another script.")
    used = {target for name in held for target in _imports(name, sources[name])}
    borrowed = [name for name in there if name in used]
    parts = []
    if borrowed:
        parts.append(f'import {{ {", ".join(map(_name, borrowed))} }} from "{at}";')
    for name in held:
        text, exported = _rewritten(name, sources[name])
        if name == entry:
            parts.append(f"// ---- {name}\n{text}")
        else:
            given = ", ".join(exported)
            parts.append(f"// ---- {name}\nconst {_name(name)} = (() => {{\n{text}\nreturn {{ {given} }};\n}})();")
    if wanted := [name for name in held if name in lent]:
        parts.append(f"export {{ {', '.join(map(_name, wanted))} }};")
    return Bundle(text="\n".join(parts) + "\n", modules=tuple(held))


def _gather(name: str, sources: Mapping[str, str], found: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"{name} is imported by what it imports.")
    if name in found:
        return
    if name not in sources:
        raise ValueError(f"{name} is missing.")
    for target in _imports(name, sources[name]):
        _gather(target, sources, found, (*above, name))
    found.append(name)


def _imports(name: str, text: str) -> list[str]:
    return [_target(name, match["path"]) for match in _IMPORT.finditer(text)]


def _target(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _name(module: str) -> str:
    """What the bundle calls it: no name of a page's own begins so."""
    return "$" + re.sub(r"\W", "_", posixpath.splitext(module)[0])


def _rewritten(name: str, text: str) -> tuple[str, list[str]]:
    """It, and the names that it exports."""

    def taken(match: re.Match[str]) -> str:
        given = match["whole"] or "{" + match["names"].replace(" as ", ": ") + "}"
        return f"const {given} = {_name(_target(name, match['path']))};"

    text = _IMPORT.sub(taken, text)
    exported = [match["name"] for match in _EXPORT.finditer(text)]
    text = _EXPORT.sub("", text)
    if other := _OTHER.search(text):
        raise ValueError(f"{name} says what no bundle can hold: {other[0]}")
    return text.strip(), exported
