"""From the start of `visavis serve` to its being ready, and the memory of a worker: with every model loaded.

    bench/service_start.py [--starts 5] [--document PHOTOGRAPH]

The first start makes keys and store; the others are what an operator sees. Ready is when ``/readyz`` says so. With a
photographed document, as `make demo` leaves one in var/demo, one is read as well, as for a holder, and the memory after
it told: reading a document is what takes most. One JSON line a figure.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from serving import Served, figure, serving

BINDING = "ab" * 32
DRAWN = Path(__file__).resolve().parent.parent / "var" / "demo" / "document.jpg"


def ready_after(served: Served, began: float) -> float:
    while httpx.get(f"{served.address}/readyz").status_code != httpx.codes.OK:
        time.sleep(0.02)
    return time.monotonic() - began


def memory(process: int) -> dict[str, float]:
    """Megabytes that are resident now, and at most so far."""
    rows = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return {
        name: round(int(rows[row].split()[0]) / 1024, 1) for name, row in (("now_mb", "VmRSS"), ("most_mb", "VmHWM"))
    }


def read_document(served: Served, photograph: Path) -> None:
    """As a holder shows it: link, notice, consent, upload."""
    page = {"Origin": served.address, "X-Visavis": "1"}
    with httpx.Client(base_url=served.address, timeout=120, headers=page) as http:
        asked = {"purpose": "sim_registration", "binding": BINDING}
        opened = http.post("/v1/verifications", json=asked, headers={"Authorization": f"Bearer {served.key}"}).json()
        http.post("/h/v1/exchange", json={"token": opened["holder_url"].partition("#")[2]}).raise_for_status()
        notice = http.get("/h/v1/notice").json()
        agreed = {"notice_digest": notice["digest"], "language": notice["language"]}
        http.post("/h/v1/consent", json=agreed).raise_for_status()
        files = {"photo": (photograph.name, photograph.read_bytes(), "image/jpeg")}
        http.post("/h/v1/document", files=files).raise_for_status()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--document", type=Path, default=DRAWN)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="visavis-bench-") as folder:
        data, took = Path(folder) / "data", []
        for number in range(1 + arguments.starts):
            began = time.monotonic()
            with serving(data=data, captures=True) as served:
                seconds = ready_after(served, began)
                if number:
                    took.append(seconds)
                    continue
                figure("service.start.first", seconds=round(seconds, 2))
                figure("service.memory.started", **memory(served.process))
                if arguments.document.is_file():
                    read_document(served, arguments.document)
                    figure("service.memory.document_read", **memory(served.process))
        median = round(statistics.median(took), 2)
        figure("service.start", seconds=median, least=round(min(took), 2), most=round(max(took), 2), starts=len(took))
    return 0


if __name__ == "__main__":
    sys.exit(main())
