"""Writers that are killed in the middle of their work: run as a program by tests/contract/test_killed.py.

    killed_writers.py URL RELYING_PARTY KILLS SEED

Forks two writers at a time, kills each at a random moment (SIGKILL: nothing is flushed or closed), and begins anew.
A writer says on standard output what was committed, after it was: ``decided ID``, ``line ID``, ``told ID``.
"""

import os
import random
import signal
import sys
import time
from datetime import timedelta

from store_material import World, identifiers, make_world
from visavis.adapters.sql import open_storage
from visavis.errors import RefusedError

AT_ONCE = 2


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())  # one write, so that two writers' lines do not mix


def write(world: World, rng: random.Random) -> None:
    """Open, decide and register until killed; numbers, cards and persons are few, so that writers meet."""
    while True:
        order = world.order(rng.randrange(400), card=rng.randrange(400))
        row = world.accepted(f"P{rng.randrange(40)}", binding=order.digest)
        say(f"decided {row.id}")
        try:
            line = world.register.register(order, verification=row.id)
        except RefusedError:
            continue
        say(f"line {line.id}")
        with world.storage.writing() as unit:
            items = unit.outbox.claim(world.clock.now(), lease=timedelta(0), limit=1)
            for item in items:
                unit.outbox.delivered(item.event.id)
        for item in items:
            say(f"told {item.event.id}")


def main() -> None:
    url, party, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rng = random.Random(seed)
    for number in range(kills // AT_ONCE):
        writers = []
        for place in range(AT_ONCE):
            child = os.fork()
            if child == 0:
                world = make_world(open_storage(url), party=party)
                world.ids = identifiers()
                say("began")
                write(world, random.Random(f"{seed} {number} {place}"))
            writers.append(child)
        time.sleep(0.1)
        for child in writers:
            time.sleep(rng.uniform(0, 0.3))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


if __name__ == "__main__":
    main()
