"""How long a holder takes through the page, from the consent to the result, in a real Chromium with every model real:
JSON lines.

    bench/page_way.py [--ways 10] [--timeline]

Before the camera is an animated portrait at the pace of people (`whole_material.before_camera` says which), the
document takes its picture by itself, and what is to be pressed is pressed half a second after it is there. Browser,
actor, service and models share this machine; a way that took more than one attempt is told apart, and the median is
over all that ended well. All times are by the page's own clock. A way before them is not counted: the first document
that a service reads after its start takes it half a second longer.

``stages`` says where the seconds of those that ended at the first attempt went, by medians: ``look`` until the picture
of the document was taken, ``read`` until what was read was shown, ``ready`` until the face could begin, ``connect``
until the service had begun the capture, ``settle`` until the first prompt, ``asked`` while a gesture was asked for,
``between`` from the end of one prompt to the next, ``light``, ``back`` from the last gesture to the last frame,
``decide`` until the decision came, ``shown`` until the page said it, ``pressing`` for the holder's own presses.
``--timeline`` prints every moment of every way.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from browser_material import DESKTOP, PHONE, launched, visit
from serving import figure, percentile
from whole_material import Walk, before_camera, serving_whole

Moment = tuple[float, str]
"""Seconds of the page, and what happened."""
WATCH: Final = """
globalThis.moments = [];
{
  const note = (what) => moments.push([performance.now() / 1000, what]);
  document.addEventListener("click", (event) => {
    const pressed = event.target.closest?.("button");
    if (pressed) note(`press ${pressed.id}`);
  }, true);
  const fetched = globalThis.fetch;
  globalThis.fetch = async (...given) => {
    const path = new URL(given[0], location.href).pathname;
    note(`ask ${path}`);
    const answer = await fetched(...given);
    note(`answer ${path}`);
    return answer;
  };
  const Native = globalThis.WebSocket;
  globalThis.WebSocket = class WebSocket extends Native {
    constructor(...given) {
      super(...given);
      let advice = "";
      this.addEventListener("open", () => note("open"));
      this.addEventListener("message", (event) => {
        const { type, prompt, guidance, outcome, code } = JSON.parse(event.data);
        if (type !== "view") note([type, prompt?.ask ?? outcome ?? code].filter(Boolean).join(" "));
        else if (guidance.join() !== advice) note(`guidance ${advice = guidance.join()}`);
      });
    }
    send(data) {
      if (typeof data === "string") note(`say ${JSON.parse(data).type}`);
      super.send(data);
    }
  };
  const media = navigator.mediaDevices;
  const opened = media.getUserMedia;
  media.getUserMedia = async (...given) => {
    note("ask camera");
    const stream = await opened.apply(media, given);
    note("answer camera");
    return stream;
  };
  const seen = new Set();
  new MutationObserver(() => {
    for (const what of [".doc-video", ".doc-reading", "#document-on", "#begin", ".step-done h1", ".step-again h1"]) {
      const there = document.querySelector(what) !== null;
      if (there && !seen.has(what)) note(`see ${what}`);
      seen[there ? "add" : "delete"](what);
    }
  }).observe(document, { subtree: true, childList: true });
}
"""


def stages(moments: Sequence[Moment]) -> dict[str, float]:
    """Of a way without a second attempt."""
    at: dict[str, float] = {}
    for seconds, what in moments:
        at.setdefault(what, seconds)
    result = at[next(what for what in at if what.startswith("result"))]
    found = {
        "look": at["see .doc-reading"] - at["press agree"],
        "read": at["see #document-on"] - at["see .doc-reading"],
        "ready": at["see #begin"] - at["press document-on"],
        "connect": at["begun"] - at["press begin"],
        "decide": result - at["finishing"],
        "shown": at["see .step-done h1"] - result,
        "pressing": at["press document-on"] - at["see #document-on"] + at["press begin"] - at["see #begin"],
    }
    since, stage = at["begun"], "settle"
    spent = dict.fromkeys(("settle", "asked", "light", "between", "back"), 0.0)
    for seconds, what in moments:
        kind, _, ask = what.partition(" ")
        if kind in ("prompt", "rest", "finishing"):
            # after the last rest nothing more is asked
            spent["back" if kind == "finishing" and stage == "between" else stage] += seconds - since
            since, stage = seconds, "between" if kind == "rest" else "light" if ask == "light" else "asked"
    return found | spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", type=int, default=10, help="of each size")
    parser.add_argument("--timeline", action="store_true", help="print every moment of every way")
    wish = parser.parse_args()
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder, serving_whole(Path(folder)) as whole:
        every: list[float] = []
        with launched() as browser, visit(browser, whole.wanted().link, cameras=before_camera()) as it:
            Walk(page=it.page).go()
        for name, size in (("phone", PHONE), ("desktop", DESKTOP)):
            ended, firsts, spent, accepted = [], [], [], 0
            with launched() as browser:
                for _ in range(wish.ways):
                    wanted = whole.wanted()
                    with visit(browser, wanted.link, size=size, cameras=before_camera(), before=WATCH) as it:
                        walk = Walk(page=it.page)
                        walk.go()
                        moments: list[Moment] = [(at, what) for at, what in it.page.evaluate("moments")]
                    if wish.timeline:
                        tell(moments)
                    accepted += whole.read(wanted).accepted
                    ended.append(walk.seconds["ended"])
                    if walk.attempts == 1:
                        firsts.append(walk.seconds["ended"])
                        spent.append(stages(moments))
                    time.sleep(0.5)
            every += ended
            figure(
                "page_way",
                size=name,
                ways=wish.ways,
                accepted=accepted,
                at_first=len(firsts),
                median_s=round(median(ended), 1),
                p90_s=round(percentile(ended, 0.9), 1),
                median_at_first_s=round(median(firsts), 1) if firsts else None,
                stages={stage: round(median(one[stage] for one in spent), 2) for stage in spent[0]} if spent else None,
            )
        figure("page_way", size="both", ways=len(every), median_s=round(median(every), 1), load_at_the_start=load)
    return 0


def tell(moments: Sequence[Moment]) -> None:
    """From the consent on, with the time since the moment before."""
    start = before = next(at for at, what in moments if what == "press agree")
    for at, what in moments:
        if at >= start:
            print(
                json.dumps({"at_s": round(at - start, 2), "after_s": round(at - before, 2), "what": what}), flush=True
            )
            before = at


if __name__ == "__main__":
    sys.exit(main())
