"""What the structure, light and passive witnesses cost, on a public-domain portrait at 640 px: a JSON line a figure.

Milliseconds of one thread, median and 95th percentile. The turned frame is the portrait as a card under a known
perspective; the cost of a pair does not depend on what is seen. Run on a machine that does nothing else.
"""

import argparse
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "bench")]

RATE: Final = 15
SIDE: Final = 640


def frames() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The portrait, and the same under a mild perspective."""
    import portraits
    from visavis.capture.picture import read_picture

    if not portraits.present(portraits.FOLDER):
        portraits.fetch(portraits.FOLDER)
    large = read_picture(portraits.FOLDER / "obama.jpg", target_side=SIDE).pixels
    scale = SIDE / max(large.shape)
    pixels = np.asarray(cv2.resize(large, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + np.array([[40, 20], [-20, -10], [-20, 10], [40, -20]], np.float32)
    turned = cv2.warpPerspective(pixels, cv2.getPerspectiveTransform(corners, moved), (width, height))
    return pixels, np.asarray(turned, np.uint8)


def measure(runs: int) -> None:
    from engine import emit, timed
    from visavis.adapters.model_store import ModelStore
    from visavis.adapters.sessions import open_session
    from visavis.capture.light_schedule import draw_light
    from visavis.capture.picture import Picture
    from visavis.config import load_configuration
    from visavis.pad.colours import ColourMeter
    from visavis.pad.light import LightWitness
    from visavis.pad.observation import observe
    from visavis.pad.passive import TextureNetwork
    from visavis.pad.relief import ReliefMeter
    from visavis.perception.manifest import Task
    from visavis.perception.pose import CanonicalMesh
    from visavis.wiring import open_engine

    configuration = load_configuration()
    store = ModelStore(configuration.store, configuration.manifest)
    canonical = CanonicalMesh.parse(store.read(configuration.manifest.default(Task.FACE_MESH).name))
    texture = TextureNetwork(open_session(store, configuration.manifest.default(Task.TEXTURE).name))
    relief, colours = ReliefMeter(canonical), ColourMeter(canonical)
    neutral, turned = (Picture(pixels) for pixels in frames())
    with open_engine(configuration, calibrated=False) as engine:
        acquisition = engine.acquirer.acquire(neutral)
        face, other = acquisition.face, engine.acquirer.acquire(turned).face
    if face is None or other is None:
        raise SystemExit("no face was found in the portrait")

    first, second = relief.crop(neutral, face.mesh), relief.crop(turned, other.mesh)
    reference = None if first is None else relief.reference(first)
    if first is None or second is None or reference is None:
        raise SystemExit("the face in the portrait could not be cropped")
    timed("structure_crop", lambda: relief.crop(neutral, face.mesh), runs=runs)
    timed("structure_reference", lambda: relief.reference(first), runs=runs)
    timed("structure_pair", lambda: relief.measure(reference, second), runs=runs)
    emit("structure_memory", crop_kb=round((first.grey.nbytes + first.points.nbytes) / 1e3, 1))
    timed("light_colours", lambda: colours.measure(neutral, face.mesh), runs=runs)
    timed("passive_run", lambda: texture.score(neutral, face.mesh), runs=runs)

    witness = LightWitness(colours)
    schedule = draw_light(random.Random(1), steps=12)
    state = witness.start(schedule, at_s=0.0)
    seen = colours.measure(neutral, face.mesh)
    rng = np.random.default_rng(1)
    for index in range(int(schedule.duration_s * RATE)):
        noisy = replace(seen, skin=np.asarray(seen.skin * (1 + rng.normal(0, 0.01, 3)), np.float32))
        time_s = index / RATE
        state = witness.see(state, observe(neutral, acquisition, captured_s=time_s, arrived_s=time_s, colours=noisy))
    timed("light_judgement", lambda: witness.judge(state), runs=max(1, runs // 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60, help="runs of each figure")
    measure(parser.parse_args().runs)


if __name__ == "__main__":
    main()
