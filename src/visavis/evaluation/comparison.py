"""An evaluation of one-to-one comparison on labelled pictures, from files to a report.

Every picture is read and encoded once; then the pairs of the list are scored and, where it is known whose each picture
is, all pairs that can be formed. Figures follow ISO/IEC 19795-1:2021: failure to acquire, FMR and FNMR over comparisons
that were made, their bounds, and what is not independent. The same input gives the same report.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis import __version__
from visavis.capture.picture import read_picture
from visavis.comparison.calibration import Calibration
from visavis.errors import FileError, PictureError, TableError
from visavis.evaluation import summary
from visavis.evaluation.calibrate import build_calibration
from visavis.evaluation.degradation import Degradation
from visavis.evaluation.degraded import CleanSet, choose_pairs, measure_degradation
from visavis.evaluation.encoding import Encoded, Encoder, Progress, in_order
from visavis.evaluation.halves import judge_halves
from visavis.evaluation.members import measure_members
from visavis.evaluation.metrics import supported_targets
from visavis.evaluation.pairs import IdentitySource, PairList, identities, linked_groups
from visavis.evaluation.report import FORMAT, ComparisonReport, DegradationRow, ModelName
from visavis.evaluation.scores import Trials, all_pairs, listed_pairs
from visavis.evaluation.summary import Scored
from visavis.evaluation.values import FloatArray, IndexArray
from visavis.perception.acquisition import FaceChoice

__all__ = ["MAX_PICTURES", "EvaluationOptions", "evaluate_comparison"]

MAX_PICTURES: Final = 50_000
"""So that every template fits into memory: 200 MB at 1,024 numbers each."""

MAIN_TARGETS: Final = (1e-4, 1e-3, 1e-2)
"""Of these, the first that the trials support is where groups and degradations are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationOptions:
    """``identity_from`` None: whose a picture is stays unknown, and no pairs are formed beyond the list.

    ``least_quality``: below it a miss is answered with a request for a better picture. ``judge_by``: a calibration made
    before, at whose thresholds the list is decided too.
    """

    data_set: str
    all_pairs: bool = False
    identity_from: IdentitySource | None = None
    choice: FaceChoice = FaceChoice.ONLY
    kinds: Sequence[Degradation] = ()
    least_quality: float = 20.0
    judge_by: Calibration | None = None
    workers: int = 2


def evaluate_comparison(
    table: PairList,
    images: Path,
    encoder: Encoder,
    options: EvaluationOptions,
    *,
    now: dt.datetime,
    progress: Progress,
) -> tuple[ComparisonReport, Calibration | None]:
    """Measure, and make the calibration where there are trials of both kinds.

    Raises TableError: ``too_many_pictures``, ``too_many_trials``, ``identity_unknown``, ``pairs_contradict``,
    ``nothing_to_compare``; CalibrationError ``calibration_model_mismatch``; ModelInvalidError where a model is not what
    it says.
    """
    subjects = _subjects(table, options)
    if options.judge_by is not None:
        options.judge_by.check_model(encoder.identity)
    encoded = _encode(table, images, encoder, options, progress)
    scored = summary.score_list(table, [item.vector for item in encoded])
    usable = np.array([item.vector is not None for item in encoded])
    listed = _listed(scored, subjects, known=options.identity_from is not None)
    vectors, owners = _usable(encoded, usable, subjects)
    formed = all_pairs(vectors, owners) if options.all_pairs else None
    main = formed or listed
    target = next((item for item in MAIN_TARGETS if item in supported_targets(main.impostor.count)), None)
    threshold = main.impostor.threshold_at(target) if target else None
    calibration = _calibrate(main, encoder, options, int(usable.sum()), now)
    degradation: tuple[DegradationRow, ...] = ()
    if options.kinds and target and threshold is not None:
        clean = CleanSet(
            files=table.files, encoded=encoded, subjects=subjects, people_known=options.identity_from is not None
        )
        degradation = measure_degradation(
            clean,
            choose_pairs(clean, scored.first[scored.same], scored.second[scored.same]),
            options.kinds,
            images=images,
            encoder=encoder,
            choice=options.choice,
            target=target,
            threshold=threshold,
            least_quality=options.least_quality,
            workers=options.workers,
            progress=progress,
        )
    usable_files = [file for file, wanted in zip(table.files, usable, strict=True) if wanted]
    report = ComparisonReport(
        format=FORMAT,
        visavis=__version__,
        date=now.strftime("%Y-%m-%d"),
        data_set=options.data_set,
        model=ModelName(name=encoder.identity.name, version=encoder.identity.version, digest=encoder.identity.digest),
        face_choice=options.choice.value,
        identity_from=options.identity_from,
        acquisition=summary.acquisition(table.files, encoded),
        listed=summary.measurement("listed", listed, table.files, scored.lost),
        formed=None if formed is None else summary.measurement("formed", formed, usable_files, _lost(usable, subjects)),
        halves=judge_halves(vectors, owners) if options.all_pairs else (),
        members=measure_members(encoder.parts, table, encoded, subjects, formed=options.all_pairs),
        folds=summary.folds(table, scored),
        groups=summary.groups(table, scored, target, threshold),
        degradation=degradation,
        calibrated=summary.calibrated(calibration),
        judged=summary.judged(scored, options.judge_by),
        notes=summary.notes(main, options.choice, target),
    )
    return report, calibration


def _subjects(table: PairList, options: EvaluationOptions) -> IndexArray:
    """A number for each picture: whose it is, or to which linked group it belongs."""
    if len(table.files) > MAX_PICTURES:
        raise TableError(
            "too_many_pictures", f"The list names {len(table.files):,} pictures; at most {MAX_PICTURES:,} are taken."
        )
    if options.all_pairs and not options.identity_from:
        raise TableError(
            "identity_unknown",
            "Forming all pairs needs to know whose each picture is.",
            advice="Add --identity-from folder, or --identity-from column.",
        )
    people = identities(table, options.identity_from) if options.identity_from else linked_groups(table)
    numbers = {name: number for number, name in enumerate(sorted(set(people.values())))}
    return np.array([numbers[people[file]] for file in table.files], np.int32)


def _listed(scored: Scored, subjects: IndexArray, *, known: bool) -> Trials:
    compared = scored.compared
    if not compared.any():
        raise TableError("nothing_to_compare", "No pair of the list could be compared.", advice="Check the pictures.")
    return listed_pairs(
        scored.scores[compared],
        scored.first[compared],
        scored.second[compared],
        scored.same[compared],
        subjects=subjects,
        people_known=known,
    )


def _encode(
    table: PairList, images: Path, encoder: Encoder, options: EvaluationOptions, progress: Progress
) -> list[Encoded]:
    def encode(file: str) -> Encoded:
        try:
            picture = read_picture(images / file)
        except (PictureError, FileError) as error:
            return Encoded(vector=None, reason=error.code)
        return encoder.encode(picture, choice=options.choice)

    progress.begin("pictures", len(table.files))
    return list(in_order(encode, table.files, workers=options.workers, progress=progress))


def _usable(
    encoded: Sequence[Encoded], usable: NDArray[np.bool_], subjects: IndexArray
) -> tuple[FloatArray, IndexArray]:
    """The vectors (n, d) of the usable pictures, numbered among themselves, and whose they are."""
    vectors: FloatArray = np.stack([item.vector for item in encoded if item.vector is not None])
    return vectors, subjects[usable]


def _lost(usable: NDArray[np.bool_], subjects: IndexArray) -> tuple[int, int]:
    """Genuine and impostor pairs that could not be formed, since a side gave no template."""

    def pairs(chosen: IndexArray) -> tuple[int, int]:
        sizes = np.bincount(chosen)
        genuine = int((sizes * (sizes - 1) // 2).sum())
        return genuine, chosen.size * (chosen.size - 1) // 2 - genuine

    whole, made = pairs(subjects), pairs(subjects[usable])
    return whole[0] - made[0], whole[1] - made[1]


def _calibrate(
    trials: Trials, encoder: Encoder, options: EvaluationOptions, images: int, now: dt.datetime
) -> Calibration | None:
    if trials.genuine.count == 0 or trials.impostor.count == 0:
        return None
    formed = "all pairs that can be formed" if trials.all_formed else "the pairs of a list"
    faces = "the face nearest to the middle" if options.choice is FaceChoice.CENTRAL else "pictures of one face"
    return build_calibration(
        trials,
        encoder.identity,
        name=options.data_set,
        description=f"{images:,} pictures that gave a template; {formed}; {faces}.",
        images=images,
        date=now.date(),
    )
