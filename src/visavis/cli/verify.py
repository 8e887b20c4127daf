"""`visavis verify`: does the probe show the holder of the document, by a policy?"""

import json
from pathlib import Path
from typing import Final

import click

from visavis.errors import ExitStatus, PolicyError
from visavis.files import own_name

__all__ = ["command"]

STATUSES: Final = {
    "accepted": ExitStatus.SAME,
    "rejected": ExitStatus.NOT_SAME,
    "referred": ExitStatus.INCONCLUSIVE,
    "inconclusive": ExitStatus.INCONCLUSIVE,
}
TEXTS: Final = {
    "accepted": ("Accepted.", "green"),
    "rejected": ("Rejected.", "red"),
    "referred": ("Referred: a person decides.", "yellow"),
    "inconclusive": ("Inconclusive: try again, or take the other way.", "yellow"),
}
SOURCE: Final = "document_portrait"


@click.command(name="verify")
@click.option(
    "--document", required=True, type=click.Path(path_type=Path), help="A portrait, or a photographed document."
)
@click.option(
    "--probe", required=True, type=click.Path(path_type=Path), help="A picture or a short video of the holder."
)
@click.option("--policy", metavar="NAME", help="A policy by name, or a file. Default: the one for comparing files.")
@click.option(
    "--policies",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with policies of the site's own, asked first. May be given more than once.",
)
@click.option("--embedding", metavar="NAME", help="An embedding model or fusion other than the default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    document: Path,
    probe: Path,
    policy: str | None,
    folders: tuple[Path, ...],
    embedding: str | None,
    as_json: bool,
) -> int:
    """Verify that a probe shows the holder of a document, by a policy.

    Every check appears in the evidence; what was not measured never passes. Leaves with 0 for accepted, 1 for
    rejected, 3 for inconclusive or referred, 2 for a file, option or policy that cannot be used, 4 where this
    installation stands in the way.
    """
    from visavis.cli.files import read_portrait, read_probe, samples
    from visavis.cli.words import advice_lines, evidence_json, evidence_line, reasons_json, sample_json, sample_lines
    from visavis.decision.decide import decide
    from visavis.decision.library import PolicyLibrary
    from visavis.wiring import open_engine

    library = PolicyLibrary.with_site(folders)
    chosen = library.open(library.default("files") if policy is None else policy, allow_unsafe=True)
    reference_side, probe_side = read_portrait(document), read_probe(probe)
    with open_engine(embedding=embedding) as engine:
        point = chosen.comparison_point(engine.calibration)
        if point is None:
            raise PolicyError(
                "policy_without_comparison",
                f"The policy {chosen.id} compares no faces, so there is nothing to do with a probe.",
                advice="Name a policy with the rule comparison_at_most_fmr.",
            )
        first, second = samples(engine, reference_side, probe_side)
        evidence = engine.examiner().examine(first, second, fmr=point.fmr_asked, reference_source=SOURCE)
    decision = decide(chosen, evidence)
    for warning in decision.warnings:
        click.secho(f"Warning: {warning}", fg="yellow", err=True)
    if as_json:
        answer = {
            "schema": "visavis.verify/1",
            "decision": str(decision.outcome),
            "reasons": reasons_json(decision.reasons),
            "policy": {
                "id": decision.policy_id,
                "version": decision.policy_version,
                "digest": decision.policy_digest,
                "warnings": list(decision.warnings),
            },
            "rules": [
                {"rule": item.rule, "outcome": str(item.outcome), "reasons": list(item.reasons)}
                for item in decision.results
            ],
            "evidence": [evidence_json(item) for item in evidence],
            "document": sample_json(first, own_name(document)),
            "probe": sample_json(second, own_name(probe)),
        }
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return int(STATUSES[str(decision.outcome)])
    text, colour = TEXTS[str(decision.outcome)]
    click.secho(f"{text} Policy {decision.policy_id}, version {decision.policy_version}.", fg=colour, bold=True)
    click.echo("Evidence")
    for item in evidence:
        click.echo(evidence_line(item))
    click.echo("Rules")
    for result in decision.results:
        click.echo(f"  {result.rule:<26}{result.outcome.value:<13}{', '.join(result.reasons)}".rstrip())
    for line in (*sample_lines(first, own_name(document)), *sample_lines(second, own_name(probe))):
        click.echo(line)
    if decision.reasons:
        unmeasured = [item.rule.replace("_", " ") for item in decision.results if item.reasons == ("not_measured",)]
        lines = advice_lines(code for code in decision.reasons if code != "not_measured")
        lines += [f"  - Not checked: {', '.join(unmeasured)}."] if unmeasured else []
        click.echo("\n".join(["Why, and what to do", *lines]))
    return int(STATUSES[str(decision.outcome)])
