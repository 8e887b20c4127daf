"""A run of `visavis evaluate pad`: what is to be measured, the processes that do it, and the report of it."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from visavis.adapters.recording_keys import read_key
from visavis.adapters.recordings import recordings_in
from visavis.cli.reports import run_progress
from visavis.clock import SystemClock
from visavis.config import load_configuration
from visavis.evaluation.files import prepare_folder, write_together
from visavis.evaluation.laboratory.campaign import base_digest, known_results, models_of, species_digests
from visavis.evaluation.laboratory.fingerprint import Fingerprint
from visavis.evaluation.laboratory.log import open_log
from visavis.evaluation.laboratory.material import Half, files_of, load_material, material_digest
from visavis.evaluation.laboratory.measuring import SimulatedLaboratory
from visavis.evaluation.laboratory.recorded import RECORDED, RecordedLaboratory, recorded_keys
from visavis.evaluation.laboratory.result import BONA_FIDE, TrialKey, TrialResult
from visavis.evaluation.laboratory.runner import Laboratory, keys_of, run_trials
from visavis.evaluation.laboratory.species import SPECIES
from visavis.evaluation.pad_notes import pad_notes
from visavis.evaluation.pad_page import to_html
from visavis.evaluation.pad_report import PadReport, to_json
from visavis.evaluation.pad_summary import RunFacts, SpeciesName, summarise
from visavis.evaluation.plots import require_plots
from visavis.evaluation.report import ModelName
from visavis.files import UNNAMED, own_name
from visavis.wiring import Engine, open_engine

__all__ = ["Request", "Sources", "measure", "open_laboratory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where a process finds what it measures; without clips and portraits there are recordings alone."""

    captures: Path | None
    stills: Path | None
    half: Half
    recordings: Path | None
    key_file: Path | None

    @property
    def simulated(self) -> bool:
        return self.captures is not None or self.stills is not None

    @property
    def name(self) -> str:
        """Of the folder that the people come from."""
        folder = self.captures or self.stills or self.recordings
        return UNNAMED if folder is None else own_name(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of the command."""

    sources: Sources
    folder: Path
    codes: tuple[str, ...]
    trials: int
    patient: int
    workers: int
    seed: int


class _Both:
    """A `Laboratory` over clips and recordings, which loads either when its first trial comes."""

    def __init__(self, engine: Engine, sources: Sources) -> None:
        self._engine = engine
        self._sources = sources
        self._opened: dict[bool, Laboratory] = {}

    def measure(self, key: TrialKey) -> TrialResult:
        recorded = key.half == RECORDED
        if recorded not in self._opened:
            self._opened[recorded] = self._recorded() if recorded else self._simulated()
        return self._opened[recorded].measure(key)

    def _simulated(self) -> Laboratory:
        sources, analyser = self._sources, self._engine.analyser
        if analyser is None:
            raise TypeError("an engine without attack detection")
        material = load_material(sources.captures, self._engine, half=sources.half, stills=sources.stills)
        return SimulatedLaboratory(analyser, material, SPECIES, clock=time.process_time)

    def _recorded(self) -> Laboratory:
        sources, analyser = self._sources, self._engine.analyser
        if sources.recordings is None or sources.key_file is None or analyser is None:
            raise TypeError("a recorded trial without recordings")
        files, master = recordings_in(sources.recordings), read_key(sources.key_file)
        return RecordedLaboratory(analyser, files, master, clock=time.process_time)


@contextlib.contextmanager
def open_laboratory(sources: Sources) -> Iterator[Laboratory]:
    """For a process of its own. Raises as `visavis.wiring.open_engine`."""
    with open_engine(calibrated=False, attack_detection=True) as engine:
        yield _Both(engine, sources)


def measure(request: Request) -> PadReport:
    """Measure what is missing, and write the report of everything that is known, also where the run is stopped.

    Results of earlier runs count as well, of other species and numbers too, as long as they stand for this program,
    these models and these people. Raises as the parts do, before any work: files and folders that cannot be used,
    models that are missing.
    """
    require_plots()
    plan = _planned(request)
    prepare_folder(request.folder)
    faults = 0
    with open_log(request.folder / "trials.jsonl") as log:
        try:
            with run_progress() as progress:
                opener = partial(open_laboratory, request.sources)
                faults = len(run_trials(plan.keys, opener, log=log, workers=request.workers, progress=progress).faults)
        finally:  # hours of measuring are told of, even where the rest is not to come
            half, seed = request.sources.half, request.seed
            results = known_results(log.results.values(), plan.digests, half=half, seed=seed)
            results += [log.results[key] for key in plan.recorded if key in log.results]
            report = _report(request, plan, results, faults)
            _write(request.folder, report)
    return report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """``simulated``, ``recorded``: the trials asked for. ``digests``: of every species, by code. ``digest``: of the
    program and its ``models``. ``people``: of the half.
    """

    simulated: tuple[TrialKey, ...] = ()
    recorded: tuple[TrialKey, ...] = ()
    digests: dict[str, str] = field(default_factory=dict)
    digest: str
    models: tuple[ModelName, ...]
    people: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[TrialKey, ...]:
        return (*self.simulated, *self.recorded)


def _planned(request: Request) -> _Plan:
    sources, program = request.sources, Fingerprint()
    models = models_of(load_configuration().manifest)
    plan = _Plan(digest=base_digest(program, models), models=models)
    if sources.simulated:
        files = files_of(sources.captures, sources.stills, sources.half)
        modules = {code: (type(item).__module__,) for code, item in SPECIES.items()}
        digests = species_digests(
            {BONA_FIDE: (), **modules}, program=program, models=models, material=material_digest(files)
        )
        keys = keys_of(
            {code: digests[code] for code in request.codes},
            half=sources.half,
            trials=request.trials,
            patient=request.patient,
            seed=request.seed,
        )
        people = tuple(sorted({file.stem for file in files}))
        plan = replace(plan, simulated=keys, digests=digests, people=people)
    if sources.recordings is not None and sources.key_file is not None:
        kept = recorded_keys(sources.recordings, read_key(sources.key_file), seed=request.seed, digest=plan.digest)
        plan = replace(plan, recorded=kept)
    return plan


def _report(request: Request, plan: _Plan, results: list[TrialResult], faults: int) -> PadReport:
    sources = request.sources
    simulated = [item for item in results if item.key.half != RECORDED]
    patient = Counter(item.key.species for item in simulated if item.key.patient)
    named = [SpeciesName(code=item.code, title=item.title, level=item.level) for item in SPECIES.values()]
    facts = RunFacts(
        captures=sources.name,
        half=sources.half,
        seed=request.seed,
        digest=plan.digest,
        models=plan.models,
        people=plan.people,
        patient=max(patient.values(), default=0),
        faults=faults,
        now=SystemClock().now(),
        notes=pad_notes(half=sources.half, simulated=bool(simulated), recorded=len(simulated) < len(results)),
    )
    return summarise(results, named, facts)


def _write(folder: Path, report: PadReport) -> None:
    files = {folder / "report.json": to_json(report)}
    try:
        files[folder / "report.html"] = to_html(report).encode()
    finally:  # the figures are kept, even where they cannot be drawn
        write_together(files)
