"""What reading text costs: a JSON line for each part, processor time on one thread, and what loading takes.

A drawn page of twelve lines, 960 x 640 px, in the font that Pillow brings; its first line is one of a passport's zone.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from visavis.capture.picture import RgbImage
from visavis.document.mrz.layout import Format
from visavis.document.mrz_picture.posterior import line_posterior, mrz_probabilities, permitted
from visavis.document.ocr.lines import crop_line
from visavis.wiring import open_ocr

ZONE: Final = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
FIELDS: Final = ("Surname / Nom", "ERIKSSON", "Given names", "ANNA MARIA", "Date of birth", "12 AUG 1974", "Sex", "F")
LONGEST: Final = (640, 960)


def page() -> RgbImage:
    picture = Image.new("RGB", (960, 640), (210, 218, 226))
    pen = ImageDraw.Draw(picture)
    for row, text in enumerate((ZONE, *FIELDS, "L898902C3", "UTOPIA", "15 APR 2032")):
        pen.text((40, 20 + 50 * row), text, font=ImageFont.load_default(30 if row == 0 else 24), fill=(25, 25, 40))
    noise = np.random.default_rng(1).normal(0, 4, (640, 960, 3))
    return np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8)


def timed(task: str, work: Callable[[], object], runs: int) -> None:
    work()
    spans = []
    for _ in range(runs):
        start = time.process_time()
        work()
        spans.append(1e3 * (time.process_time() - start))
    figures = {"median": np.median(spans), "least": min(spans)}
    row = {"bench": "document_text", "task": task, "runs": runs}
    print(json.dumps({**row, "ms": {name: round(float(value), 1) for name, value in figures.items()}}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="runs of each part")
    runs = parser.parse_args().runs
    start = time.process_time()
    ocr = open_ocr()
    load = round(1e3 * (time.process_time() - start))
    pixels = page()
    for longest in LONGEST:
        timed(f"detect, longest side {longest}", partial(ocr.detector.detect, pixels, longest=longest), runs)
    boxes = ocr.detector.detect(pixels)
    crops = [crop_line(pixels, box.quad) for box in boxes]
    timed("crop a line of a zone", lambda: crop_line(pixels, boxes[0].quad), runs)
    timed("read a line of a zone", lambda: ocr.recogniser.read(crops[:1]), runs)
    timed(f"read {len(crops)} lines", lambda: ocr.recogniser.read(crops), runs)
    (zone,) = ocr.recogniser.read(crops[:1])
    steps, masks = mrz_probabilities(zone.log_probs, zone.alphabet), permitted(Format.TD3)[0]
    timed("what stands where in a zone's line", lambda: line_posterior(steps, masks), runs)
    timed("whole page", lambda: ocr.lines(pixels), runs)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)
    print(json.dumps({"bench": "document_text", "task": "load", "ms": load, "peak_mb": peak}), flush=True)


if __name__ == "__main__":
    main()
