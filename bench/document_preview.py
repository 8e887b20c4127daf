"""What advice for a live preview costs: a JSON line for each table, processor time on one thread.

Drawn pages with writing on tables of five kinds, 1280 x 960 px, with the noise of a camera, and one JSON line for a
picture of 12 megapixels. The target is 40 ms at 1280 px.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Final

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "unit" / "document"))

from page_scenes import TABLES, scene  # the tests' own scenes

from visavis.capture.picture import RgbImage
from visavis.document.page.advice import advise
from visavis.document.page.find import find_page

PREVIEW: Final = (1280, 960)
STILL: Final = (4000, 3000)


def timed(task: str, table: str, pictures: list[RgbImage], rounds: int) -> None:
    run = advise if task == "advise" else find_page
    times = []
    for _ in range(rounds):
        for pixels in pictures:
            start = time.process_time()
            run(pixels)
            times.append(1000 * (time.process_time() - start))
    figures = {"median": np.median(times), "p95": np.quantile(times, 0.95), "least": min(times)}
    height, width = pictures[0].shape[:2]
    row = {"bench": "document_preview", "task": task, "table": table, "size": [width, height], "runs": len(times)}
    print(json.dumps({**row, "ms": {name: round(float(value), 1) for name, value in figures.items()}}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="times that each picture is looked at")
    rounds = parser.parse_args().rounds
    cv2.setNumThreads(1)
    everything = []
    for table in TABLES:
        pictures = [scene(seed, table=table, size=PREVIEW).pixels for seed in range(6)]
        everything += pictures
        timed("advise", table, pictures, rounds)
    timed("advise", "all", everything, 1)
    timed("find_page", "all", everything, 1)
    timed("advise", "grain", [scene(1, table="grain", size=STILL).pixels], rounds)


if __name__ == "__main__":
    main()
