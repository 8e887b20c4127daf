"""How many frames a second the holder's page sends from a slow phone: JSON lines.

    bench/page_capture.py [--seconds 15] [--slower 1 4 6]

Chromium's own camera of 640 x 480 at 30 frames/s, its processor slowed down by the browser's own means, and a service
on this machine that answers each frame at once, so that the page alone is measured. ``frames_a_second``: those that
were answered, over all the time after the first second; ``least``: in the worst whole second of it. ``aside``: the JPEG
are made in a worker, which the browser does not slow down; without it everything is done on the page's slowed thread.
``widths``: of the frames, px: a page that finds them dear sends smaller ones.
"""

import argparse
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, expect

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from browser_material import PHONE, Served, launched, serving_pages
from capture_material import jpeg
from serving import figure
from visavis.adapters.sql.upgrade import upgrade

NO_WORKER: Final = "globalThis.OffscreenCanvas = undefined;"
LEAST: Final = 8.0
WIDTHS: Final = """
globalThis.widths = [];
globalThis.WebSocket = class extends globalThis.WebSocket {
  send(data) {
    if (typeof data !== "string") {
      const bytes = new Uint8Array(data.slice(16));
      for (let i = 2; i < bytes.length;) {
        if (bytes[i + 1] >= 0xc0 && bytes[i + 1] <= 0xc2) { widths.push((bytes[i + 7] << 8) + bytes[i + 8]); break; }
        i += 2 + (bytes[i + 2] << 8) + bytes[i + 3];
      }
    }
    super.send(data);
  }
};
"""


def captured(browser: Browser, served: Served, *, slower: int, aside: bool, seconds: float) -> dict[str, Any]:
    served.script.holds, served.script.seen = True, 0
    context = browser.new_context(locale="en", permissions=["camera"], **PHONE)
    context.add_init_script(WIDTHS + ("" if aside else NO_WORKER))
    page = context.new_page()
    page.goto(served.open().link)
    page.click("#agree")
    page.set_input_files("#document-file", {"name": "page.jpg", "mimeType": "image/jpeg", "buffer": jpeg(7)})
    page.click("#document-on")
    expect(page.locator("#begin")).to_be_visible()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    time.sleep(2)  # as long as somebody takes to read: meanwhile the page learns what a frame costs
    page.click("#begin")
    counts = _counted(page, served, seconds)
    widths = page.evaluate("[...new Set(widths)]")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    context.close()
    each = [later - earlier for earlier, later in pairwise(counts)]
    return {"frames_a_second": round(sum(each) / len(each), 1), "least": min(each), "widths": widths}


def _counted(page: Page, served: Served, seconds: float) -> list[int]:
    """Frames that were answered by the end of each second, after the first one."""
    while served.script.seen == 0:
        page.wait_for_timeout(20)
    began = time.monotonic()
    counts = []
    for second in range(1, int(seconds) + 2):
        page.wait_for_timeout(max(0.0, 1000 * (began + second - time.monotonic())))
        counts.append(served.script.seen)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--slower", type=int, nargs="+", default=[1, 4, 6])
    wish = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        url = f"sqlite:///{folder}/store.db"
        upgrade(url)
        with serving_pages(url) as served, launched() as browser:
            for slower in wish.slower:
                for aside in (True, False):
                    seen = captured(browser, served, slower=slower, aside=aside, seconds=wish.seconds)
                    figure("page_capture", slower=slower, aside=aside, seconds=wish.seconds, **seen)
                    found.append((slower, seen["frames_a_second"]))
    return 0 if all(rate >= LEAST for slower, rate in found if slower <= 4) else 1


if __name__ == "__main__":
    sys.exit(main())
