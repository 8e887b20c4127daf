"""The tables of a report, once for the terminal, the page and the documentation."""

from dataclasses import dataclass

from visavis.comparison.calibration import rate_text
from visavis.evaluation import words
from visavis.evaluation.bounds import Rate
from visavis.evaluation.report import ComparisonReport, Measurement, WorstPair

__all__ = ["Table", "measured_on", "tables"]

TRIALS = {"listed": "Pairs of the list", "formed": "All pairs that can be formed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """``rows`` have one text for each of ``columns``; the first column names the row. ``note`` explains."""

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def measured_on(report: ComparisonReport) -> str:
    """One sentence: what was measured, on what."""
    main = report.main
    people = f" of {words.count(main.people)} people" if main.people else ""
    return (
        f"{report.model.name} {report.model.version} on {report.data_set}: "
        f"{words.count(report.acquisition.pictures)} pictures{people}, {words.count(main.genuine_trials)} genuine and "
        f"{words.count(main.impostor_trials)} impostor comparisons."
    )


def tables(report: ComparisonReport) -> tuple[Table, ...]:
    """Those that have something to say, in reading order."""
    built = [
        _acquisition(report),
        *(_rates(item) for item in (report.formed, report.listed) if item is not None),
        _halves(report),
        _judged(report),
        _folds(report),
        _members(report),
        _groups(report),
        _degradation(report),
        _degraded_impostors(report),
        _calibrated(report),
        _worst("worst-genuine", "Genuine pairs with the lowest scores", report.main.worst_genuine),
        _worst("worst-impostor", "Impostor pairs with the highest scores", report.main.worst_impostor),
    ]
    return tuple(table for table in built if table.rows)


def _acquisition(report: ComparisonReport) -> Table:
    found = report.acquisition
    rows = [("failure to acquire", f"{found.failures.errors} of {words.count(found.pictures)}", _rate(found.failures))]
    rows += [(code, words.count(times), words.percent(times / found.pictures)) for code, times in found.reasons.items()]
    return Table(
        key="acquisition",
        title="Failure to acquire",
        columns=("outcome", "pictures", "rate (95 % bounds)"),
        rows=tuple(rows),
        note="Pictures that exist and gave no template, by reason. Rates below are over comparisons that were made; "
        "the column “with failures” counts a genuine pair that could not be compared as rejected.",
    )


def _rate(value: Rate) -> str:
    return f"{words.percent(value.value)} ({words.bounds(value)})"


def _rates(item: Measurement) -> Table:
    rows = []
    for point in item.points:
        at = point.at
        rows.append(
            (
                rate_text(at.target),
                words.number(at.threshold),
                f"{words.percent(at.fnmr.value)} ({at.fnmr.errors} of {words.count(at.fnmr.trials)})",
                words.bounds(at.fnmr),
                words.bounds(point.spread.fnmr) if point.spread else "–",
                words.percent(at.fnmr_balanced),
                words.percent(point.frr_with_failures.value),
                f"{words.count(at.fmr.errors)} of {words.count(at.fmr.trials)}",
            )
        )
    if item.eer:
        equal = words.percent(item.eer.value)
        rows.append(("equal error rate", words.number(item.eer.threshold), equal, "–", "–", "–", "–", "–"))
    return Table(
        key=f"rates-{item.trials}",
        title=f"{TRIALS[item.trials]}: false non-matches by false match rate",
        columns=(
            "FMR at most",
            "threshold",
            "FNMR",
            "95 % bounds",
            "95 % over people",
            "balanced",
            "with failures",
            "false matches",
        ),
        rows=tuple(rows),
        note=f"{words.count(item.genuine_trials)} genuine, {words.count(item.impostor_trials)} impostor comparisons. "
        "Bounds: Clopper-Pearson, as if trials were independent; “over people” draws whole people again, since pairs "
        "share people. “Balanced” counts every person once.",
    )


def _halves(report: ComparisonReport) -> Table:
    return Table(
        key="halves",
        title="Set on half of the people, judged on the other half",
        columns=("FMR asked", "threshold", "FMR of the others", "FNMR of the others"),
        rows=tuple(
            (rate_text(row.target), words.number(row.threshold), _share(row.fmr), _rate(row.fnmr))
            for row in sorted(report.halves, key=lambda row: -row.target)
        ),
        note="All pairs within each half, both ways round: what a threshold is worth on people it was not set on.",
    )


def _judged(report: ComparisonReport) -> Table:
    rows = report.judged
    return Table(
        key="judged",
        title="Decided by a calibration made before",
        columns=("FMR asked", "threshold", "right", "false non-matches", "false matches"),
        rows=tuple(
            (
                rate_text(row.fmr_asked),
                words.number(row.threshold),
                f"{words.count(row.right)} of {words.count(row.pairs)}",
                f"{row.fnmr.errors} of {words.count(row.fnmr.trials)}",
                f"{row.fmr.errors} of {words.count(row.fmr.trials)}",
            )
            for row in rows
        ),
        note=f"Thresholds from {rows[0].calibrated_on}, so these pairs had no part in choosing them." if rows else "",
    )


def _folds(report: ComparisonReport) -> Table:
    rows: list[tuple[str, ...]] = []
    if report.folds:
        rows = [
            (
                f"fold {row.fold}",
                words.percent(row.right / row.trials),
                f"{row.right} of {row.trials}",
                words.number(row.threshold),
            )
            for row in report.folds.folds
        ]
        found = report.folds
        spread = f"± {words.percent(found.deviation)} (standard error {words.percent(found.standard_error)})"
        rows.append(("mean", words.percent(found.mean), spread, "–"))
    return Table(
        key="folds",
        title="Accuracy over the folds",
        columns=("fold", "accuracy", "right", "threshold of the other folds"),
        rows=tuple(rows),
        note="Each fold is decided with a threshold of the others: the middle of those within one standard error of "
        "the best. By the single best one instead: "
        f"{words.percent(report.folds.by_single_best if report.folds else None)}. A pair that could not be compared "
        "counts as wrong.",
    )


def _members(report: ComparisonReport) -> Table:
    """The models of a fusion, alone and together."""
    if not report.members:
        return Table(key="members", title="", columns=(), rows=())
    targets = [target for target, _ in report.members[0].fnmr]
    together = {point.at.target: point.at.fnmr for point in report.main.points}
    accuracy = None if report.folds is None else report.folds.mean
    listed = [(row.name, row.accuracy, dict(row.fnmr)) for row in report.members]
    return Table(
        key="members",
        title="The models of the fusion, alone and together",
        columns=("model", "accuracy over the folds", *(f"FNMR at {rate_text(target)}" for target in targets)),
        rows=tuple(
            (
                name,
                words.percent(share),
                *(words.percent(rates[target].value) if target in rates else "–" for target in targets),
            )
            for name, share, rates in [*listed, ("together", accuracy, together)]
        ),
        note="Each with a threshold of its own for the same false match rate, on the same pictures.",
    )


def _groups(report: ComparisonReport) -> Table:
    return Table(
        key="groups",
        title="By group",
        columns=(
            "group",
            "FMR asked",
            "FNMR (95 % bounds)",
            "FMR (95 % bounds)",
            "genuine",
            "impostor",
            "not compared",
        ),
        rows=tuple(
            (
                row.group,
                rate_text(row.target),
                _rate(row.fnmr),
                _rate(row.fmr),
                words.count(row.fnmr.trials),
                words.count(row.fmr.trials),
                words.count(row.not_compared),
            )
            for row in report.groups
        ),
        note="At the threshold that all pairs together give. Compare the bounds, not the figures alone: small groups "
        "are uncertain.",
    )


def _degradation(report: ComparisonReport) -> Table:
    rows = report.degradation
    return Table(
        key="degradation",
        title="One side degraded, as by a document: genuine pairs",
        columns=(
            "kind",
            "FNMR clean",
            "FNMR degraded",
            "95 % bounds",
            "without filter",
            "asked again",
            "wrongly refused",
            "no template",
        ),
        rows=tuple(
            (
                row.title,
                words.percent(row.clean.value),
                f"{words.percent(row.fnmr.value)} ({row.fnmr.errors} of {words.count(row.fnmr.trials)})",
                words.bounds(row.fnmr),
                words.percent(row.fnmr_unrestored.value) if row.restored else "–",
                words.percent(row.asked_again / row.fnmr.trials if row.fnmr.trials else None),
                words.percent(row.fnmr_answered.value),
                words.count(row.failures.errors),
            )
            for row in rows
        ),
        note=(
            f"At the threshold that gives FMR {rate_text(rows[0].target)} on clean pictures; one pair a person. “Asked "
            "again”: missed, but answered with a request for a better picture, as the quality is too poor to say no. "
            "“Without filter”: the screen of a print left as it is."
        )
        if rows
        else "",
    )


def _degraded_impostors(report: ComparisonReport) -> Table:
    rows = [row for row in report.degradation if row.fmr and row.fmr_both and row.fmr_both_answered]
    return Table(
        key="degradation-fmr",
        title="Degraded pictures of different people",
        columns=("kind", "FMR, one side degraded", "FMR, both sides", "FMR, both sides, as answered", "filtered"),
        rows=tuple(
            (row.title, _share(row.fmr), _share(row.fmr_both), _share(row.fmr_both_answered), words.count(row.restored))
            for row in rows
        ),
        note="Pictures that lack the same things look alike. “As answered”: without matches of two pictures that both "
        "lack what a match needs (light, sharpness, eyes that are seen), which the product refuses to make. "
        "“Filtered”: the screen of a print was found and filtered out.",
    )


def _share(value: Rate | None) -> str:
    if value is None or value.value is None:
        return "–"
    return f"{rate_text(value.value)} ({words.count(value.errors)} of {words.count(value.trials)})"


def _calibrated(report: ComparisonReport) -> Table:
    return Table(
        key="calibrated",
        title="What the calibration answers",
        columns=("FMR asked", "threshold", "FMR, upper 95 %", "FNMR", "FNMR, upper 95 %"),
        rows=tuple(
            (
                rate_text(row.fmr_asked),
                words.number(row.threshold),
                f"{row.fmr_upper_95:.3g}",
                words.percent(row.fnmr),
                words.percent(row.fnmr_upper_95),
            )
            for row in report.calibrated
        ),
        note="A calibration keeps the upper bound of the FMR below what is asked, so it is a little stricter than the "
        "counted rates above.",
    )


def _worst(key: str, title: str, pairs: tuple[WorstPair, ...]) -> Table:
    return Table(
        key=key,
        title=title,
        columns=("score", "file", "file"),
        rows=tuple((words.number(pair.score), pair.file_a, pair.file_b) for pair in pairs),
        note="Worth a look: wrong labels show up here first.",
    )
