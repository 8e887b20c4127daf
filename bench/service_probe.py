"""Does time tell what an answer does not: that a thing of another relying party is there?

    bench/service_probe.py [--rounds 300] [--database postgresql://...]

Every route that names a thing of a party is asked, in random order, for one that another party has and for one that
never was. A JSON line a route: medians in microseconds, and ``told``, how often who knows the time alone would say
rightly which of the two it was (0.5: a coin). The last line has the worst route, and what a coin does on so many.
"""

import argparse
import json
import math
import random
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))  # what the test of the same name asks with

from probe_material import NEVER, Operation, asked, party_owned, things
from visavis.adapters.sql import open_storage
from visavis.adapters.sql.upgrade import upgrade
from web_material import Web, make_web


def told_apart(one: list[float], other: list[float]) -> float:
    """The share of pairs in which the first took longer (Mann-Whitney), from 0.5 on."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(place for place, (_, which) in enumerate(ranked, start=1) if which == 0)
    share = (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))
    return max(share, 1 - share)


def seconds(web: Web, operation: Operation, ids: dict[str, str], key: str) -> float:
    begun = time.perf_counter()
    asked(web, operation, ids, key)
    return time.perf_counter() - begun


def measure(web: Web, operation: Operation, theirs: dict[str, str], key: str, rounds: int) -> float:
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(rounds):
        order = [True, False]
        random.shuffle(order)
        for there in order:
            taken[there].append(seconds(web, operation, theirs if there else NEVER, key))
    told = told_apart(taken[True], taken[False])
    medians = {"there_us": statistics.median(taken[True]) * 1e6, "never_us": statistics.median(taken[False]) * 1e6}
    row = {"route": str(operation), **{name: round(value) for name, value in medians.items()}, "told": round(told, 3)}
    print(json.dumps(row), flush=True)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--database")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/store.db"
        upgrade(url)
        storage = open_storage(url)
        web = make_web(storage)
        theirs, stranger = things(web)[0], web.add_party()
        worst = max(measure(web, item, theirs, stranger.key, options.rounds) for item in party_owned())
        storage.close()
    # the standard error of the statistic where both are alike, and the largest of so many
    coin = 0.5 + 3.5 * math.sqrt((2 * options.rounds + 1) / (12 * options.rounds**2))
    print(json.dumps({"worst": round(worst, 3), "a_coin_stays_below": round(coin, 3)}))


if __name__ == "__main__":
    main()
