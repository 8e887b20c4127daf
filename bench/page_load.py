"""What the pages weigh, and how soon they can be used on a slow phone: JSON lines.

A context of its own for each visit, so that nothing is in a cache, in a Chromium that runs already; its processor is
slowed down four times by the browser's own means, and the network is this machine's own. Interactive is the moment at
which what is to be pressed first is there and enabled, on the clock that begins with the navigation. Bytes are those
over the wire, headers and answers of the API among them.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from playwright.sync_api import Browser

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from browser_material import PHONE, Served, launched, serving_pages
from serving import figure
from staff_material import signed_in
from visavis.adapters.sql.upgrade import upgrade
from visavis.service.member_records import Role

SLOWER: Final = 4
PATIENCE_S: Final = 30.0
READY: Final = """
const look = () => {
  const first = document.querySelector(%r);
  if (first && !first.disabled && first.getClientRects().length) tellReady(String(performance.now()));
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
"""It tells by itself: whoever asked the page would have it run the asker's own script meanwhile."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A page. ``first``: what is pressed first. ``role``: of whoever is signed in; None for a holder, or nobody."""

    name: str
    first: str
    role: Role | None = None


PAGES: Final = (
    Kind(name="verify", first="#agree"),
    Kind(name="sign-in", first="main button"),
    Kind(name="shop", first="button.act", role=Role.CLERK),
    Kind(name="review", first="main h1, main h2", role=Role.REVIEWER),
    Kind(name="overview", first="main svg", role=Role.ADMINISTRATOR),
)


def visited(browser: Browser, served: Served, kind: Kind) -> dict[str, float]:
    context = browser.new_context(locale="en", **PHONE)
    page = context.new_page()
    url = served.open().link if kind.name == "verify" else f"{served.url}/p/{kind.name}"
    if kind.role is not None:
        signed_in(context, served.setup, kind.role, party=served.world.party.id)
    page.add_init_script(READY % kind.first)
    session = context.new_cdp_session(page)
    weights: list[float] = []

    def finished(event: dict[str, Any]) -> None:
        weights.append(event["encodedDataLength"])

    ready: list[float] = []
    session.on("Runtime.bindingCalled", lambda event: ready.append(float(event["payload"])))
    session.send("Runtime.enable")
    session.send("Runtime.addBinding", {"name": "tellReady"})
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url)
    deadline = time.monotonic() + PATIENCE_S
    while not ready and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
    page.wait_for_load_state("networkidle")
    context.close()
    return {
        "kilobytes": sum(weights) / 1000,
        "requests": len(weights),
        "painted_ms": painted,
        "interactive_ms": ready[0],
    }


def _median(seen: list[dict[str, float]], name: str) -> float:
    return median(one[name] for one in seen)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=7)
    parser.add_argument("pages", nargs="*", help="their names; all of them unless told")
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        url = f"sqlite:///{folder}/store.db"
        upgrade(url)
        with serving_pages(url) as served:
            for kind in PAGES:
                if wish.pages and kind.name not in wish.pages:
                    continue
                with launched() as browser:
                    visited(browser, served, kind)  # what a browser does for itself when it starts
                    seen = [visited(browser, served, kind) for _ in range(wish.visits)]
                figure(
                    "page_load",
                    page=kind.name,
                    visits=wish.visits,
                    slower=SLOWER,
                    kilobytes=round(_median(seen, "kilobytes"), 1),
                    requests=int(_median(seen, "requests")),
                    painted_ms=round(_median(seen, "painted_ms")),
                    interactive_ms=round(_median(seen, "interactive_ms")),
                    most_ms=round(max(one["interactive_ms"] for one in seen)),
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
