"""Write docs/reference/codes.md: every public code, read from the source, so that the page cannot fall behind.

`--check` only says whether the page is current.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from visavis import errors
from visavis.domain.reasons import REASONS
from visavis.errors import ExitStatus, VisavisError

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "codes.md"
CLASSES: Final = {name: getattr(errors, name) for name in errors.__all__ if name != "ExitStatus"}
PROBLEM: Final = "PolicyProblem"
HEAD: Final = """# Codes

Codes are stable and public; texts may change. This page is made from the source by `tools/codes.py`, and a test holds
it to that.

## Exit statuses

| Status | Name | Meaning |
|---|---|---|
"""


def calls() -> Iterator[tuple[str, str]]:
    """(class, code) for every error that the source makes with a literal code."""
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                named = node.func.id in CLASSES or node.func.id == PROBLEM
                if named and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield node.func.id, first.value


def statuses() -> str:
    tree = ast.parse(Path(errors.__file__).read_text(encoding="utf-8"))
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == ExitStatus.__name__)
    texts = [str(n.value.value) for n in body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)][1:]
    return "".join(
        f"| {int(item)} | `{item.name.lower()}` | {text} |\n" for item, text in zip(ExitStatus, texts, strict=True)
    )


def page() -> str:
    found = sorted(set(calls()))
    lines = [HEAD, statuses(), "\n## Errors\n\n| Code | Error | Exit status |\n|---|---|---|\n"]
    for name, code in sorted((n, c) for n, c in found if n != PROBLEM):
        kind: type[VisavisError] = CLASSES[name]
        lines.append(f"| `{code}` | `{name}` | {int(kind.exit_status)} |\n")
    lines.append("\n## Problems of a policy\n\nAll of them are collected into one `PolicyError`, a line each.\n\n")
    lines += [f"- `{code}`\n" for name, code in found if name == PROBLEM]
    lines.append("\n## Reasons\n\nWhat a check says about itself, in evidence and decisions.\n\n")
    lines.append("| Code | Text | What to do |\n|---|---|---|\n")
    lines += [f"| `{item.code}` | {item.text} | {item.advice} |\n" for item in REASONS.values()]
    return "".join(lines)


def main() -> int:
    text = page()
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
