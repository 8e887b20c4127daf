"""How often the light witness passes and fails, by the share of the screen in the light: a JSON line for each row.

People of the tuning half of the laboratory hold still before the camera while the colours are shown, under the
laboratory's own reflectance model, camera and hand (`visavis.evaluation.laboratory`), whose other circumstances are
drawn anew for each capture. Only the light witness is run: the landmarks are the clip's own, moved with the hand.
"""

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from visavis.adapters.model_store import ModelStore
from visavis.capture.frames import decode_frame
from visavis.capture.light_schedule import Rgb, draw_light, linear_light
from visavis.capture.picture import RgbImage
from visavis.config import load_configuration
from visavis.evaluation.laboratory.actor import Actor, Look
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.clips import Clip, load_clips
from visavis.evaluation.laboratory.conditions import draw_conditions
from visavis.evaluation.laboratory.relight import FaceArea, FlatArea, Relighter, draw_screen_light
from visavis.evaluation.laboratory.stage import Cue
from visavis.pad.colours import ColourMeter
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.light import LightWitness
from visavis.pad.observation import observe
from visavis.perception.acquisition import Acquisition, Face
from visavis.perception.landmarks import FACE_OVAL, FaceMesh
from visavis.perception.manifest import Task
from visavis.perception.pose import CanonicalMesh, PoseEstimator
from visavis.wiring import open_engine

BEFORE_S: Final = 1.0
AFTER_S: Final = 0.6
ROWS: Final = {
    "living": (0.0, 0.03, 0.06),
    "living, another order": (0.1,),
    "flat card": (0.05,),
    "flat tint on the face": (0.05, 0.1),
    "tint on everything": (0.1,),
}


@dataclass(frozen=True)
class Bench:
    meter: ColourMeter
    witness: LightWitness
    poses: PoseEstimator

    def capture(self, clip: Clip, kind: str, share: float, seed: int) -> WitnessEvidence:
        rng = random.Random(seed)
        conditions = replace(draw_conditions(rng), return_share=max(share, 1e-6))
        asked = draw_light(rng, steps=12)
        shown = draw_light(rng, steps=12) if "another" in kind else asked
        actor, camera = Actor(clip, conditions, rng), CameraChannel(conditions, rng)
        relighter = Relighter(draw_screen_light(conditions, rng))
        lag_s = rng.uniform(0.03, 0.12)
        state = self.witness.start(asked, at_s=BEFORE_S)
        for time_s in camera.times():
            if time_s > BEFORE_S + asked.duration_s + AFTER_S:
                break
            colour = shown.colour_at(time_s - BEFORE_S - lag_s) if share else None
            look = actor.look(Cue(time_s=time_s, step=None, index=None, since_s=0.0, colour=colour))
            frame = camera.deliver(lit(look, kind, colour, share, relighter), time_s)
            picture = decode_frame(frame.data)
            points = look.points.copy()
            points[:, :2] += np.asarray(camera.shift(time_s), np.float32)
            mesh = FaceMesh(points=points, presence=1.0)
            eyes = next(face for face in clip.faces if face is not None).eyes
            face = Face(mesh=mesh, pose=self.poses.estimate(mesh), eyes=eyes, box=mesh.box, inter_eye_px=60.0)
            colours = self.meter.measure(picture, mesh)
            seen = observe(
                picture,
                Acquisition(face=face, others=(), reason=None),
                captured_s=frame.captured_s,
                arrived_s=frame.arrived_s,
                colours=colours,
            )
            state = self.witness.see(state, seen)
        return self.witness.judge(state)


def lit(look: Look, kind: str, colour: Rgb | None, share: float, relighter: Relighter) -> RgbImage:
    """The person's picture with the screen's light on whatever it is that stands before the camera."""
    scene, points = look.scene, look.points
    if kind == "flat card":
        low, high = points[:, :2].min(axis=0) - 60, points[:, :2].max(axis=0) + 60
        corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]], np.float64)
        return relighter.relight(scene, colour, [FlatArea(corners)])
    if "tint" not in kind:
        return relighter.relight(scene, colour, [FaceArea(points)])
    if colour is None:
        return scene
    mask = np.ones(scene.shape[:2], np.float32)
    if "face" in kind:
        mask[:] = 0
        cv2.fillPoly(mask, [np.round(points[list(FACE_OVAL), :2]).astype(np.int32)], 1.0)
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), 4.0), np.float32)
    tint = 1 + share * mask[:, :, None] * np.asarray(linear_light(colour), np.float32)
    # the curve of sRGB is near enough to a power here
    return np.asarray(np.clip(scene * tint ** (1 / 2.2), 0, 255), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("captures", type=Path, help="folder of clips")
    parser.add_argument("--runs", type=int, default=4, help="captures of each person and row")
    arguments = parser.parse_args()
    configuration = load_configuration()
    store = ModelStore(configuration.store, configuration.manifest)
    canonical = CanonicalMesh.parse(store.read(configuration.manifest.default(Task.FACE_MESH).name))
    meter = ColourMeter(canonical)
    bench = Bench(meter, LightWitness(meter), PoseEstimator(canonical))
    with open_engine(configuration, calibrated=False) as engine:
        clips = [clip for clip in load_clips(arguments.captures, engine, half="tuning") if clip.why_not is None]
    for kind, shares in ROWS.items():
        for share in shares:
            found = [
                bench.capture(clip, kind, share, seed * 1000 + number)
                for number, clip in enumerate(clips)
                for seed in range(arguments.runs)
            ]
            counts = Counter(" ".join((item.outcome.value, *item.reasons)) for item in found)
            slopes = [float(item.details["shape_slope"] or 0) for item in found if "shape_slope" in item.details]
            row = {"what": kind, "r": share, "captures": len(found), **dict(sorted(counts.items()))}
            row["slope"] = [round(float(value), 2) for value in np.quantile(slopes or [0], [0, 0.5, 1])]
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
