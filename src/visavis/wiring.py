"""The one place that knows which adapter stands behind which port."""

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import cv2

from visavis.adapters.model_store import ModelStore
from visavis.adapters.sessions import open_onnx, open_session
from visavis.comparison.calibration import Calibration, load_calibration
from visavis.config import Configuration, load_configuration
from visavis.document.ocr.alphabet import parse_characters
from visavis.document.ocr.detector import TextDetector
from visavis.document.ocr.reader import OcrReader
from visavis.document.ocr.recogniser import TextRecogniser
from visavis.document.reader import DocumentReader
from visavis.errors import CalibrationError, ModelInvalidError
from visavis.pad.colours import ColourMeter
from visavis.pad.passive import TextureNetwork
from visavis.pad.presentation import PresentationAnalyser
from visavis.pad.relief import ReliefMeter
from visavis.perception.acquisition import FaceAcquirer
from visavis.perception.detector import BACK_RANGE, SHORT_RANGE, FaceDetector
from visavis.perception.eyes import EyeEstimator
from visavis.perception.features import Embedder, FaceEmbedder, FusedEmbedder, FusionMember
from visavis.perception.landmarks import FaceLandmarker
from visavis.perception.manifest import FusionEntry, InputSpec, Manifest, ModelEntry, Task
from visavis.perception.pose import CanonicalMesh, PoseEstimator
from visavis.perception.restoration import PortraitRestorer
from visavis.perception.tracking import FaceTracker
from visavis.service.examination import Examiner
from visavis.service.samples import Sampler

__all__ = ["Engine", "open_document_reader", "open_engine", "open_ocr"]

THREADS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The models, loaded and warm, and the parts that work with them. Safe from several threads.

    ``pool`` is for what comes in pairs or rows: the two sides of a comparison, the frames of a video. ``tracker``
    follows the face of a capture; ``analyser`` is None unless attack detection was asked for.
    """

    acquirer: FaceAcquirer
    embedder: FaceEmbedder
    sampler: Sampler
    pool: ThreadPoolExecutor
    calibration: Calibration | None
    tracker: FaceTracker
    analyser: PresentationAnalyser | None = None

    def examiner(self) -> Examiner:
        """Raises CalibrationError ``calibration_missing`` where the embedding in use has none."""
        if self.calibration is None:
            raise CalibrationError(
                "calibration_missing",
                f"The embedding {self.embedder.identity} has no calibration, so a score has no meaning.",
                advice="Make one with `visavis evaluate comparison`, and name it in the model's entry.",
            )
        return Examiner(calibration=self.calibration)


@contextmanager
def open_engine(
    configuration: Configuration | None = None,
    *,
    embedding: str | None = None,
    calibrated: bool = True,
    attack_detection: bool = False,
) -> Iterator[Engine]:
    """Load the models of ``configuration`` (the site's own by default), and let go of them at the end.

    ``embedding`` names an embedding model or a fusion other than the default; without ``calibrated`` its calibration is
    left alone, as a measurement that makes a new one must. ``attack_detection`` loads what `Engine.analyser` needs
    beside the rest. Each model runs on one thread, and so
    does every function of OpenCV in this process: the work is spread over pictures, not within one.

    Raises InstallationError's children for models that are missing, changed or not what their entry says;
    TableError for a calibration file; CalibrationError ``calibration_missing`` where the file that the embedding's
    entry names does not exist, ``calibration_model_mismatch`` where it is for other weights.
    """
    cv2.setNumThreads(1)
    configuration = configuration or load_configuration()
    store = ModelStore(configuration.store, configuration.manifest)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="visavis") as pool:
        yield _engine(store, pool, embedding, calibrated=calibrated, attack_detection=attack_detection)


def open_ocr(configuration: Configuration | None = None) -> OcrReader:
    """What reads text in pictures of documents: two models, each on one thread, opened only for a command that reads.

    Raises InstallationError's children for models that are missing, changed or not what their entry says, as a
    recogniser is whose file does not list its characters.
    """
    cv2.setNumThreads(1)
    configuration = configuration or load_configuration()
    store = ModelStore(configuration.store, configuration.manifest)
    finds, reads = (store.manifest.default(task) for task in (Task.TEXT_DETECTOR, Task.TEXT_RECOGNISER))
    detector = TextDetector(open_session(store, finds.name), _many_sizes(finds))
    session = open_onnx(store, reads.name)
    alphabet = parse_characters(session.note("character"), columns=reads.output[0].shape[-1])
    return OcrReader(detector, TextRecogniser(session, _many_sizes(reads), alphabet))


def open_document_reader(
    configuration: Configuration | None = None, *, acquirer: FaceAcquirer | None = None
) -> DocumentReader:
    """What reads documents. ``acquirer``: of the engine that is open, for the portrait. Raises as `open_ocr`."""
    return DocumentReader(open_ocr(configuration), acquirer=acquirer, timer=time.perf_counter)


def _many_sizes(entry: ModelEntry) -> InputSpec:
    if entry.input is None or entry.input.open is None or entry.input.channels == "grey":
        raise ModelInvalidError(
            "model_invalid",
            f"The model {entry.name} takes pictures of one size, or none: text comes in many.",
            advice="Declare the open sides of its input, in colour, in the model's entry.",
        )
    return entry.input


def _engine(
    store: ModelStore,
    pool: ThreadPoolExecutor,
    embedding: str | None,
    *,
    calibrated: bool,
    attack_detection: bool,
) -> Engine:
    manifest = store.manifest
    chosen = manifest.embedding(embedding)
    calibration = _calibration(manifest, chosen) if calibrated else None  # first, since it may be missing
    members = _members(manifest, chosen)
    usual = [manifest.default(task) for task in (Task.DETECTOR, Task.LANDMARKS, Task.EYE_STATE, Task.FAST_DETECTOR)]
    textures = [manifest.default(Task.TEXTURE)] if attack_detection else []
    entries = {entry.name: entry for entry in (*usual, *textures, *(entry for entry, _ in members))}
    # the runtimes release the interpreter lock while they load, so two at once take little more than one
    sessions = dict(zip(entries, pool.map(lambda name: open_session(store, name), entries), strict=True))
    detector, landmarks, eyes, fast = (sessions[entry.name] for entry in usual)
    canonical = CanonicalMesh.parse(store.read(manifest.default(Task.FACE_MESH).name))

    landmarker = FaceLandmarker(landmarks)
    pose = PoseEstimator(canonical)
    eye_estimator = EyeEstimator(eyes)
    acquirer = FaceAcquirer(FaceDetector(detector, BACK_RANGE), landmarker, pose, eye_estimator)
    film_acquirer = FaceAcquirer(FaceDetector(fast, SHORT_RANGE), landmarker, pose, eye_estimator)
    embedder = _embedder(chosen, [(Embedder.of(sessions[entry.name], entry), weight) for entry, weight in members])
    if calibration is not None:
        calibration.check_model(embedder.identity)
    sampler = Sampler(
        acquirer=acquirer,
        film_acquirer=film_acquirer,
        restorer=PortraitRestorer(landmarker),
        embedder=embedder,
        calibration=calibration,
        pool=pool,
    )
    tracker = FaceTracker(film_acquirer)
    analyser = None
    if attack_detection:
        analyser = PresentationAnalyser(
            tracker=tracker,
            embedder=embedder,
            colours=ColourMeter(canonical),
            relief=ReliefMeter(canonical),
            texture=TextureNetwork(sessions[textures[0].name]),
            rng=random.SystemRandom(),
        )
    return Engine(
        acquirer=acquirer,
        embedder=embedder,
        sampler=sampler,
        pool=pool,
        calibration=calibration,
        tracker=tracker,
        analyser=analyser,
    )


def _members(manifest: Manifest, chosen: ModelEntry | FusionEntry) -> list[tuple[ModelEntry, float]]:
    if isinstance(chosen, FusionEntry):
        return [(manifest.get(member.model), member.weight) for member in chosen.member]
    return [(chosen, 1.0)]


def _embedder(chosen: ModelEntry | FusionEntry, members: list[tuple[Embedder, float]]) -> FaceEmbedder:
    if isinstance(chosen, FusionEntry):
        parts = [FusionMember(embedder=embedder, weight=weight) for embedder, weight in members]
        return FusedEmbedder(chosen.name, chosen.version, parts)
    return members[0][0]


def _calibration(manifest: Manifest, chosen: ModelEntry | FusionEntry) -> Calibration | None:
    file = manifest.calibration(chosen.name)
    return None if file is None else load_calibration(file)
