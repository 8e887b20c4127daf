"""The demonstration: real portraits, the real command, every answer checked against what it must be.

A specimen of a passport's page is drawn, with a public-domain portrait on it, and photographed as with a telephone.
It is read, and pictures are compared with its portrait; so are an expired one, and one with another holder's zone. Then
its holder answers a challenge before a camera, and four attacks try to; the holder is a portrait animated in three
dimensions, which the output says. Each case runs `visavis verify` as its own process and keeps its JSON. The
demonstration fails where an answer is not the expected one.
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

import demo_captures
import demo_documents
import fonts
import portraits
from visavis.wiring import open_engine

HERE: Final = Path(__file__).resolve().parent
OUT: Final = HERE.parent / "var" / "demo"
WITNESSES: Final = ("active", "structure", "light", "continuity", "injection")
REFUSED: Final = ("rejected", "inconclusive")
COLOURS: Final = {"accepted": "green", "rejected": "red", "inconclusive": "yellow", "referred": "yellow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``expected``: the decisions that are right. ``challenge``: for a video that is to answer one."""

    name: str
    title: str
    document: Path
    probe: Path
    expected: tuple[str, ...]
    policy: str | None = None
    challenge: Path | None = None


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
    command += ["--policies", str(HERE / "demonstration")]
    if case.challenge is not None:
        command += ["--challenge", str(case.challenge)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if not done.stdout:
        raise SystemExit(f"{case.title}: {done.stderr.strip()}")
    (OUT / f"{case.name}.json").write_text(done.stdout, encoding="utf-8")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def comparison_of(answer: dict[str, Any]) -> dict[str, Any]:
    return next(item for item in answer["evidence"] if item["check"] == "comparison")


def why(answer: dict[str, Any]) -> str:
    """What stands against the answer, in plain words."""
    against = [item for item in answer["rules"] if item["outcome"] != "met"]
    unmeasured = [item["rule"] for item in against if item["reasons"] == ["not_measured"]]
    texts = [item["text"] for item in answer["reasons"] if item["code"] != "not_measured"]
    if unmeasured and not texts:
        texts = [f"Not measured: {', '.join(name.replace('_', ' ') for name in unmeasured)}."]
    return " ".join(texts) or "Every rule is met."


def cases(folder: Path, documents: demo_documents.Documents) -> list[Case]:
    """Files alone: who is in the picture, and what is the document?"""
    holder, other = folder / "obama.jpg", folder / "biden.jpg"
    both = two_people(holder, other, OUT / "two_faces.jpg")
    rows = [
        ("genuine", "the holder", documents.genuine, holder, "specimen", "accepted"),
        ("impostor", "somebody else", documents.genuine, other, "specimen", "rejected"),
        ("two_faces", "two people", documents.genuine, both, "specimen", "rejected"),
        ("expired", "the holder, document expired", documents.expired, holder, "specimen", "rejected"),
        ("altered", "the holder, another's lines printed over", documents.altered, holder, "specimen", "rejected"),
        ("sim_registration", "the holder, SIM policy", documents.genuine, holder, "sim_registration", "inconclusive"),
    ]
    return [
        Case(name=name, title=title, document=document, probe=probe, policy=policy, expected=(expected,))
        for name, title, document, probe, policy, expected in rows
    ]


def answers(folder: Path, document: Path) -> list[Case]:
    """The captures before a camera, made now, in the laboratory."""
    titles = {
        "holder": ("the holder (an animated portrait)", ("accepted",)),
        "printed_photo": ("a printed photo, waved", REFUSED),
        "replayed_clip": ("an earlier answer, replayed on a tablet", REFUSED),
        "wrong_order": ("the gestures in another order", REFUSED),
        "second_person": ("somebody else takes over", REFUSED),
    }
    console = Console(stderr=True, highlight=False)
    with open_engine(attack_detection=True) as engine, console.status("Loading the models") as status:
        if engine.analyser is None:
            raise SystemExit("Attack detection was not loaded.")
        material = demo_captures.portraits_of(
            folder / "obama.jpg", folder / "biden.jpg", engine.analyser, engine.acquirer
        )
        made = demo_captures.make_captures(
            material, OUT, lambda name: status.update(f"Before the camera: {titles[name][0]}")
        )
    return [
        Case(
            name=f"answer_{name}",
            title=titles[name][0],
            document=document,
            probe=item.video,
            challenge=item.challenge,
            policy="demonstration",
            expected=titles[name][1],
        )
        for name, item in made.items()
    ]


def comparison_row(case: Case, answer: dict[str, Any]) -> tuple[str, ...]:
    comparison = comparison_of(answer)
    score = comparison["score"]
    quality = [side["quality"] for side in (answer["document"], answer["probe"])]
    return (
        case.title,
        coloured(answer["decision"]),
        "-" if score is None else f"{score:.3f}",
        " / ".join("-" if item is None else f"{item['unified']:.0f}" for item in quality),
        why(answer),
    )


def answer_row(case: Case, answer: dict[str, Any]) -> tuple[str, ...]:
    said = {item["witness"]: item["outcome"] for item in answer["presentation"]["witnesses"]}
    against = [name for name in WITNESSES if said[name] == "fail"]
    unsure = [f"({name})" for name in WITNESSES if said[name] in ("inconclusive", "not_measured")]
    witnesses = ", ".join([*against, *unsure]) or "none"
    return case.title, coloured(answer["decision"]), witnesses, why(answer)


def coloured(decision: str) -> str:
    return f"[{COLOURS[decision]}]{decision}[/]"


def tables() -> tuple[Table, Table]:
    files = Table(
        title="visavis: is the person in the probe the holder of the document?",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for heading in ("probe", "decision", "score", "quality", "why"):
        files.add_column(heading, overflow="fold")
    live = Table(
        title="visavis: is that person there, alive, and answering now?", title_justify="left", box=box.SIMPLE_HEAD
    )
    for heading in ("before the camera", "decision", "witnesses against", "why"):
        live.add_column(heading, overflow="fold")
    return files, live


def show(console: Console, files: Table, live: Table, threshold: float, wrong: list[str]) -> None:
    console.print(files)
    console.print(
        f"[dim]score: cosine similarity; {threshold:.3f} is needed for a false match rate of 1e-4. Comparing files "
        "shows no living person, no consent and no signature of a state: the SIM policy asks for all of them, so files "
        "alone can never pass it. The document is a photographed specimen of the imaginary state UTO.[/]\n"
    )
    console.print(live)
    console.print(
        "[dim]In brackets: witnesses that could not tell, or came to see too little.[/]\n"
        "[yellow]Nobody is before a camera here: the holder is a public-domain portrait, animated in three dimensions "
        "and lit again. No witness on a plain camera tells such a puppet from a person, so the policy `demonstration` "
        "takes it for one. Nothing else in it is weakened. Against it a real policy can ask for a second channel, "
        "an attested camera, a person.[/]\n"
    )
    shown = OUT.relative_to(Path.cwd()) if OUT.is_relative_to(Path.cwd()) else OUT
    console.print(f"The whole answers, with every check: [bold]{shown}/*.json[/]; the captures: [bold]{shown}/*.mov[/]")
    console.print(f"The document: [bold]visavis document read {shown}/document.jpg --plot found.png[/]")
    for line in wrong:
        console.print(f"[red]{line}[/]")


def main() -> int:
    """`--svg FILE` also draws what is shown."""
    if portraits.main() != 0 or fonts.main() != 0:
        return 4
    OUT.mkdir(parents=True, exist_ok=True)
    files, live = tables()
    wrong, threshold = [], 0.0
    documents = demo_documents.make_documents(portraits.FOLDER, fonts.FOLDER, OUT)
    for case in [*cases(portraits.FOLDER, documents), *answers(portraits.FOLDER, documents.genuine)]:
        answer = run(case)
        if case.challenge is None:
            threshold = comparison_of(answer)["details"]["threshold"]
            files.add_row(*comparison_row(case, answer))
        else:
            live.add_row(*answer_row(case, answer))
        if answer["decision"] not in case.expected:
            wrong.append(f"{case.title}: {answer['decision']}, where {' or '.join(case.expected)} was expected")
    show(Console(highlight=False), files, live, threshold, wrong)
    if sys.argv[1:2] == ["--svg"]:
        drawing = Console(record=True, highlight=False, width=110, file=io.StringIO())
        show(drawing, files, live, threshold, wrong)
        drawn = drawing.export_svg(title="make demo")
        # rich would have the picture load a font from another host
        drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
        Path(sys.argv[2]).write_text(drawn, encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
