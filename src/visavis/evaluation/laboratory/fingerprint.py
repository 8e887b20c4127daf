"""What a measurement depends on, as a digest: another program, other models or other captures make another figure.

Of the program it takes what can change a figure: every module that the roots reach by import, within the packages that
perceive, detect and simulate. Comments, docstrings and layout are left out of it, so that a better sentence measures
nothing anew.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable
from typing import Final

__all__ = ["Fingerprint"]

PACKAGES: Final = ("visavis.capture", "visavis.perception", "visavis.pad", "visavis.evaluation.laboratory")
LEFT_OUT: Final = frozenset({f"{__name__.rpartition('.')[0]}.{name}" for name in ("log", "runner", "fingerprint")})


class Fingerprint:
    """Reads each module once, so that all digests of one run are of one state of the program."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[str, tuple[str, ...]] | None] = {}

    def digest(self, roots: Iterable[str], things: Iterable[str]) -> str:
        """16 hexadecimal digits. ``roots``: names of modules; ``things``: what else counts, as digests of models."""
        digest = hashlib.sha256()
        for name, code in sorted(self.reached(roots).items()):
            digest.update(f"{name}\0{code}\0".encode())
        for thing in sorted(things):
            digest.update(f"{thing}\0".encode())
        return digest.hexdigest()[:16]

    def reached(self, roots: Iterable[str]) -> dict[str, str]:
        """The modules of `PACKAGES` that ``roots`` import, and those that these import, with their code by name."""
        found: dict[str, str] = {}
        waiting = list(roots)
        while waiting:
            name = waiting.pop()
            if name in found or name in LEFT_OUT or not name.startswith(PACKAGES):
                continue
            if name not in self._read:
                self._read[name] = _read(name)
            module = self._read[name]
            if module is not None:
                found[name], imports = module
                waiting += imports
        return found


def _read(name: str) -> tuple[str, tuple[str, ...]] | None:
    """Code and imports; None where ``name`` is no module, as the name of a value that a module exports."""
    tree = _tree(name)
    return None if tree is None else (ast.dump(_without_texts(tree)), tuple(_imports(tree)))


def _tree(name: str) -> ast.Module | None:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    if spec is None or spec.loader is None:
        return None
    source = getattr(spec.loader, "get_source", lambda _name: None)(name)
    return None if source is None else ast.parse(source)


def _imports(tree: ast.Module) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _without_texts(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not _is_text(item)]  # type: ignore[attr-defined] # it has one, as asked
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
