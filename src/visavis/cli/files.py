"""What the commands that take pictures share: reading a file as what it is, and turning two into samples."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from visavis.capture.picture import read_picture
from visavis.capture.sniffing import MediaKind, sniff
from visavis.capture.source import load_source
from visavis.service.samples import Sample
from visavis.wiring import Engine

__all__ = ["Sampled", "read_face", "read_portrait", "read_probe", "samples"]

FRAMES_OF_A_VIDEO: Final = 40
FRAME_SIDE: Final = 960
MAX_BYTES: Final = 256_000_000

Sampled = Callable[[Engine], Sample]
"""A file that was read and found usable, waiting for the models."""


def read_probe(file: Path, *, film: bool = False) -> Sampled:
    """A picture or a video of the holder, told apart by content. Raises as the readers do, before any model loads.

    ``film``: only a video will do, as for an answer to a challenge. Which of its frames are taken is drawn, so that
    who made it cannot show the right face in those alone.
    """
    if not film and sniff(load_source(file, max_bytes=MAX_BYTES).data) is not MediaKind.VIDEO:
        picture = read_picture(file)
        return lambda engine: engine.sampler.probe(picture)
    from visavis.capture.video import sample_frames

    rng = random.SystemRandom() if film else None
    frames = sample_frames(file, count=FRAMES_OF_A_VIDEO, target_side=FRAME_SIDE, rng=rng)
    return lambda engine: engine.sampler.probe_film(frames)


def samples(engine: Engine, reference: Sampled, probe: Sampled) -> tuple[Sample, Sample]:
    """Both sides at once: the reference on the pool, the probe here; a video's frames take the pool's other threads."""
    first = engine.pool.submit(reference, engine)
    second = probe(engine)
    return first.result(), second


def read_portrait(file: Path) -> Sampled:
    """A document's portrait, or a photographed document. Every pixel is kept: the portrait may be small in it."""
    picture = read_picture(file)
    return lambda engine: engine.sampler.reference(picture)


def read_face(file: Path) -> Sampled:
    """One person alone in one picture."""
    picture = read_picture(file)
    return lambda engine: engine.sampler.reference_face(picture)
