"""Writers that are killed in the middle of their work: run as a program by tests/contract/test_killed.py.

    killed_writers.py URL RELYING_PARTY KILLS SEED

Forks two writers at a time, kills each at a random moment (SIGKILL: nothing is flushed or closed), and begins anew.
A writer says on standard output what was committed, after it was: ``decided ID``, ``line ID``, ``told ID``, ``head N``.
"""

import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from audit_material import trail
from store_material import World, make_world
from visavis.adapters.sql import open_storage
from visavis.errors import RefusedError, StorageError

AT_ONCE = 2
MOST_COMMITS = 12
SEQUENCED, SIGNED = 0.4, 0.1
"""How often a writer does what a background worker does for the audit log."""


class Writer:
    """A forked process that says on standard output what it committed, and beats after each commit."""

    def __init__(self, url: str, party: str, seed: str) -> None:
        self._beats, beat = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            try:
                world = make_world(open_storage(url), party=party)
                write(
                    world, random.Random(seed), lambda text: (os.write(1, f"{text}\n".encode()), os.write(beat, b"."))
                )
            finally:
                sys.excepthook(*sys.exc_info())
                os._exit(1)
        os.close(beat)

    def wait(self, rng: random.Random) -> None:
        """For a random moment between two commits, whatever the speed of the machine."""
        before = time.monotonic()
        for _ in range(rng.randint(1, MOST_COMMITS)):
            before = time.monotonic()
            if not os.read(self._beats, 1):
                raise RuntimeError("a writer ended by itself")
        time.sleep(rng.uniform(0, 1.5) * min(time.monotonic() - before, 2))

    def end(self) -> None:
        """Kill it, once."""
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
            os.close(self._beats)
            self._process = 0


def write(world: World, rng: random.Random, say: Callable[[str], object]) -> None:
    """Open, decide, register and tell until killed; numbers, cards and persons are few, so that writers meet."""
    while True:
        try:
            write_once(world, rng, say)
        except RefusedError:
            continue
        except StorageError as error:
            # on a machine that does too much else, SQLite lets the same process win for longer than another may wait
            if error.code != "storage_busy":
                raise


def write_once(world: World, rng: random.Random, say: Callable[[str], object]) -> None:
    order = world.order(rng.randrange(400), card=rng.randrange(400))
    row = world.accepted(f"P{rng.randrange(40)}", binding=order.digest)
    say(f"decided {row.id}")
    line = world.register.register(order, verification=row.id)
    say(f"line {line.id}")
    with world.storage.writing() as unit:
        items = unit.outbox.claim(world.clock.now(), lease=timedelta(0), limit=1)
        for item in items:
            unit.outbox.delivered(item.event.id)
    for item in items:
        say(f"told {item.event.id}")
    if rng.random() < SEQUENCED:
        trail(world.storage).sequence()
    if rng.random() < SIGNED:
        say(f"head {trail(world.storage).sign_head().head.number}")


def main() -> None:
    url, party, kills, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    rng = random.Random(seed)
    for number in range(kills // AT_ONCE):
        writers = [Writer(url, party, f"{seed} {number} {place}") for place in range(AT_ONCE)]
        with contextlib.ExitStack() as ends:
            for writer in writers:
                ends.callback(writer.end)
            for writer in writers:
                writer.wait(rng)
                writer.end()


if __name__ == "__main__":
    main()
