"""How long a holder takes through the page, from the consent to the result, in a real Chromium with every model real:
JSON lines.

Before the camera is an animated portrait at the pace of people (tests/browser_actor.py), and the document takes its
picture by itself. Browser, actor, service and models share this machine; a way that took more than one attempt is told
apart, and the median is over those that ended well.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from browser_material import DESKTOP, PHONE, launched, visit
from serving import figure, percentile
from whole_material import Walk, before_camera, serving_whole


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ways", type=int, default=10, help="of each size")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder, serving_whole(Path(folder)) as whole:
        for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
            ended, firsts, documents, accepted = [], [], [], 0
            with launched() as browser:
                for _ in range(wish.ways):
                    wanted = whole.wanted()
                    with visit(browser, wanted.link, size=size, cameras=before_camera()) as it:
                        walk = Walk(page=it.page)
                        walk.go()
                    accepted += whole.read(wanted).accepted
                    ended.append(walk.seconds["ended"])
                    documents.append(walk.seconds["document"])
                    if walk.attempts == 1:
                        firsts.append(walk.seconds["ended"])
                    time.sleep(0.5)
            figure(
                "page_way",
                size=name,
                ways=wish.ways,
                accepted=accepted,
                at_first=len(firsts),
                document_s=round(median(documents), 1),
                median_s=round(median(ended), 1),
                p90_s=round(percentile(ended, 0.9), 1),
                median_at_first_s=round(median(firsts), 1) if firsts else None,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
