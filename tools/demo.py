"""The demonstration: real portraits, the real command, every answer checked against what it must be.

Public-domain official portraits stand for document and probe. Each case runs `visavis verify` as its own process
and keeps its JSON. The demonstration fails where an answer is not the expected one.
"""

import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image
from rich import box
from rich.console import Console
from rich.table import Table

import portraits

OUT: Final = Path(__file__).resolve().parent.parent / "var" / "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    name: str
    title: str
    document: Path
    probe: Path
    expected: str
    policy: str | None = None


def two_people(left: Path, right: Path, to: Path) -> Path:
    """Two portraits side by side, at one height."""
    with Image.open(left) as a, Image.open(right) as b:
        height = min(a.height, b.height)
        halves = [picture.crop((0, 0, picture.width, height)).convert("RGB") for picture in (a, b)]
    both = Image.new("RGB", (halves[0].width + halves[1].width, height))
    both.paste(halves[0], (0, 0))
    both.paste(halves[1], (halves[0].width, 0))
    both.save(to, quality=90)
    return to


def run(case: Case) -> dict[str, Any]:
    """The answer of `visavis verify`, whose JSON is kept."""
    command = [sys.executable, "-m", "visavis", "verify", "--json"]
    command += ["--document", str(case.document), "--probe", str(case.probe)]
    if case.policy is not None:
        command += ["--policy", case.policy]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if not done.stdout:
        raise SystemExit(f"{case.title}: {done.stderr.strip()}")
    (OUT / f"{case.name}.json").write_text(done.stdout, encoding="utf-8")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def comparison_of(answer: dict[str, Any]) -> dict[str, Any]:
    return next(item for item in answer["evidence"] if item["check"] == "comparison")


def row(case: Case, answer: dict[str, Any]) -> tuple[str, ...]:
    comparison = comparison_of(answer)
    score = comparison["score"]
    quality = [side["quality"] for side in (answer["document"], answer["probe"])]
    return (
        case.title,
        answer["decision"],
        "-" if score is None else f"{score:.3f}",
        " / ".join("-" if item is None else f"{item['unified']:.0f}" for item in quality),
        why(answer),
    )


def why(answer: dict[str, Any]) -> str:
    """What stands against the answer, in plain words."""
    against = [item for item in answer["rules"] if item["outcome"] != "met"]
    unmeasured = [item["rule"] for item in against if item["reasons"] == ["not_measured"]]
    texts = [item["text"] for item in answer["reasons"] if item["code"] != "not_measured"]
    if unmeasured and not texts:
        texts = [f"Not measured: {', '.join(name.replace('_', ' ') for name in unmeasured)}."]
    return " ".join(texts) or "Every rule is met."


def cases(folder: Path) -> list[Case]:
    document = folder / "obama.jpg"
    return [
        Case(
            name="genuine",
            title="the holder",
            document=document,
            probe=folder / "obama2.jpg",
            expected="accepted",
        ),
        Case(
            name="impostor",
            title="somebody else",
            document=document,
            probe=folder / "biden.jpg",
            expected="rejected",
        ),
        Case(
            name="two_faces",
            title="two people",
            document=document,
            probe=two_people(folder / "obama2.jpg", folder / "biden.jpg", OUT / "two_faces.jpg"),
            expected="rejected",
        ),
        Case(
            name="sim_registration",
            title="holder, SIM policy",
            document=document,
            probe=folder / "obama2.jpg",
            policy="sim_registration",
            expected="inconclusive",
        ),
    ]


def show(console: Console, table: Table, threshold: float, wrong: list[str]) -> None:
    console.print(table)
    console.print(
        f"[dim]score: cosine similarity; {threshold:.3f} is needed for a false match rate of 1e-4. Comparing files "
        "shows no living person and no consent: the last policy asks for both, so files alone can never pass it.[/]"
    )
    shown = OUT.relative_to(Path.cwd()) if OUT.is_relative_to(Path.cwd()) else OUT
    console.print(f"The whole answers, with every check: [bold]{shown}/*.json[/]")
    for line in wrong:
        console.print(f"[red]{line}[/]")


def main() -> int:
    """`--svg FILE` also draws what is shown."""
    if portraits.main() != 0:
        return 4
    OUT.mkdir(parents=True, exist_ok=True)
    table = Table(
        title="visavis: is the person in the probe the holder of the document?",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for heading in ("probe", "decision", "score", "quality", "why"):
        table.add_column(heading, overflow="fold")
    colours = {"accepted": "green", "rejected": "red", "inconclusive": "yellow", "referred": "yellow"}
    wrong, threshold = [], 0.0
    for case in cases(portraits.FOLDER):
        answer = run(case)
        title, decision, *rest = row(case, answer)
        threshold = comparison_of(answer)["details"]["threshold"]
        table.add_row(title, f"[{colours[decision]}]{decision}[/]", *rest)
        if decision != case.expected:
            wrong.append(f"{case.title}: {decision}, where {case.expected} was expected")
    show(Console(highlight=False), table, threshold, wrong)
    if sys.argv[1:2] == ["--svg"]:
        drawing = Console(record=True, highlight=False, width=110, file=io.StringIO())
        show(drawing, table, threshold, wrong)
        drawn = drawing.export_svg(title="make demo")
        # rich would have the picture load a font from another host
        drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
        Path(sys.argv[2]).write_text(drawn, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
