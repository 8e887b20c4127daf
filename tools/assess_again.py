"""Assess again what was presented before, where nothing but the assessment changed.

    python tools/assess_again.py OLD/trials.jsonl --captures DIR [--stills DIR] --out NEW

What each witness said of each presentation stays as it was measured; only what they say together is decided anew, as a
policy may be changed without anybody standing before a camera again. `visavis evaluate pad --out NEW` then takes the
results for its own. So this is for a change of `visavis.pad.assessment` alone: who changed a witness, the laboratory or
a model must measure anew. Nothing checks that but you.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from visavis.config import load_configuration
from visavis.domain.evidence import Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.evaluation.files import prepare_folder, write_whole
from visavis.evaluation.laboratory.campaign import models_of, species_digests
from visavis.evaluation.laboratory.fingerprint import Fingerprint
from visavis.evaluation.laboratory.material import files_of, material_digest
from visavis.evaluation.laboratory.result import BONA_FIDE, TrialResult, read_result, write_result
from visavis.evaluation.laboratory.species import SPECIES
from visavis.evaluation.laboratory.trial import judge
from visavis.pad.evidence import STRAYED, Witness, WitnessEvidence

HALVES: Final = ("tuning", "reporting")


def words_of(result: TrialResult) -> tuple[WitnessEvidence, ...]:
    """What the witnesses said, with the reasons that the active witness gives today for what it counted then."""
    words = []
    for witness, said in result.witnesses.items():
        reasons = said.reasons
        strayed = int(said.details.get("unprompted") or 0) + int(said.details.get("wrong") or 0)
        if witness is Witness.ACTIVE and said.outcome is Outcome.PASS and strayed and STRAYED not in reasons:
            reasons = (*reasons, STRAYED)
        words.append(
            WitnessEvidence(
                witness=witness, outcome=said.outcome, score=said.score, reasons=reasons, details=said.details
            )
        )
    return tuple(words)


def again(result: TrialResult, digests: Mapping[str, str]) -> TrialResult:
    key = msgspec.structs.replace(result.key, digest=digests[result.key.species])
    if not result.witnesses:
        return msgspec.structs.replace(result, key=key)
    words = words_of(result)
    return msgspec.structs.replace(
        result,
        key=key,
        witnesses={
            word.witness: msgspec.structs.replace(result.witnesses[word.witness], reasons=word.reasons)
            for word in words
        },
        standard=judge(words, PadOperatingPoint.STANDARD),
        strict=judge(words, PadOperatingPoint.STRICT),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trials", type=Path)
    parser.add_argument("--captures", type=Path, required=True)
    parser.add_argument("--stills", type=Path)
    parser.add_argument("--half", choices=HALVES, default="reporting")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    digests = species_digests(
        {BONA_FIDE: (), **{code: (type(item).__module__,) for code, item in SPECIES.items()}},
        program=Fingerprint(),
        models=models_of(load_configuration().manifest),
        material=material_digest(files_of(given.captures, given.stills, given.half)),
    )
    results = [result for line in given.trials.read_bytes().splitlines() if (result := read_result(line)) is not None]
    prepare_folder(given.out)
    write_whole(given.out / "trials.jsonl", b"".join(write_result(again(result, digests)) for result in results))
    sys.stdout.write(f"{len(results)} presentations assessed again.\n")


if __name__ == "__main__":
    main()
