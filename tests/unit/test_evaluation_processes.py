"""Workers of a measurement end with the process that they work for."""

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection

import pytest

from visavis.evaluation.processes import serve_first_process


def first_process(told: Connection) -> None:
    """Starts a worker, tells who it is, and waits to be killed."""
    worker = multiprocessing.get_context("spawn").Process(target=worker_process, args=(told,))
    worker.start()
    time.sleep(600)


def worker_process(told: Connection) -> None:
    serve_first_process()
    told.send((os.getpid(), signal.getsignal(signal.SIGINT) == signal.SIG_IGN))
    time.sleep(600)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as of POSIX")
def test_a_worker_whose_first_process_is_killed_ends() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    first = context.Process(target=first_process, args=(theirs,))
    first.start()
    theirs.close()
    try:
        assert ours.poll(60)
        _, deaf = ours.recv()
        assert deaf
    finally:
        first.kill()
        first.join()
    # the worker holds the last end of the pipe: it is closed when the worker is gone
    assert ours.poll(60)
    with pytest.raises(EOFError):
        ours.recv()
