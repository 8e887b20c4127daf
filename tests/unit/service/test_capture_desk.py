"""The desk of captures: who is let in, who goes first, and how credits follow the waits. No clock but the test's."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager

import pytest

from visavis.errors import LimitError
from visavis.service.capture_desk import CaptureDesk, DeskOptions


class Timer:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@contextmanager
def desk_of(timer: Timer | None = None, **options: float) -> Iterator[CaptureDesk]:
    desk = CaptureDesk(DeskOptions(**options), timer=timer or Timer())  # type: ignore[arg-type]  # whole numbers stay whole
    try:
        yield desk
    finally:
        desk.close()


class Held:
    """Work that lasts until it is let go."""

    def __init__(self) -> None:
        self.begun, self.release = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.release.wait(20)


def spend(desk: CaptureDesk, timer: Timer, *, count: int, wait_s: float, cost_s: float = 0.0) -> None:
    """So many frames, one after another, each looked at ``wait_s`` after it arrived, for ``cost_s``: of one thread."""

    def work() -> None:
        timer.now_s += cost_s

    for _ in range(count):
        arrived_s = timer.now_s
        timer.now_s += wait_s
        desk.frame(work, arrived_s=arrived_s).result(20)
        # the one thread counted the frame before it took this
        desk.finish(lambda: None).result(20)


class TestAdmission:
    def test_as_many_as_leave_the_threads_some_rest(self) -> None:
        # ten frames a second of 20 ms are a fifth of a thread each: of two threads, three quarters carry seven
        with desk_of(threads=2, frame_cost_s=0.02, busy_share=0.75) as desk, ExitStack() as seats:
            for _ in range(7):
                seats.enter_context(desk.seat())
            with pytest.raises(LimitError) as caught:
                seats.enter_context(desk.seat())
            assert caught.value.code == "capture_busy"
            assert caught.value.retry_after == 3  # one of seven, of 20 s each, ends about then
            assert desk.load().captures == 7

    def test_a_seat_that_is_left_is_free_again(self) -> None:
        with desk_of(most_captures=1) as desk:
            for _ in range(3):
                with desk.seat():
                    assert desk.load().captures == 1
            with pytest.raises(ZeroDivisionError), desk.seat():
                _ = 1 / 0
            assert desk.load().captures == 0

    def test_the_first_is_always_let_in_so_that_the_cost_can_be_learnt(self) -> None:
        with desk_of(threads=1, frame_cost_s=5.0) as desk, desk.seat(), pytest.raises(LimitError), desk.seat():
            pass

    def test_what_frames_really_cost_decides(self) -> None:
        timer = Timer()
        with desk_of(timer, threads=1, frame_cost_s=0.01, busy_share=0.5) as desk:
            spend(desk, timer, count=200, wait_s=0.0, cost_s=0.04)
            assert desk.load().frame_cost_s == pytest.approx(0.04, rel=0.01)
            with desk.seat():
                assert desk.load().busy_share == pytest.approx(0.4, rel=0.01)
                with pytest.raises(LimitError), desk.seat():
                    pass

    def test_closed_it_lets_nobody_in(self) -> None:
        with desk_of() as desk:
            desk.close()
            with pytest.raises(LimitError), desk.seat():
                pass
            with pytest.raises(LimitError):
                desk.document(lambda: None)
            assert desk.frame(lambda: None, arrived_s=0.0).cancelled()


class TestCredits:
    def test_everybodys_go_down_where_frames_wait_and_up_where_they_do_not(self) -> None:
        timer = Timer()
        with desk_of(timer, threads=1, credits=3, span_s=1.0, long_wait_s=0.06, short_wait_s=0.02) as desk:
            assert desk.credits == 3
            seen = []
            # a second each, in binary fractions, so that no frame is left over for the next look
            for wait_s, cost_s in [(0.125, 0.0)] * 3 + [(0.03125, 0.0)] + [(0.0, 0.125)] * 3:
                spend(desk, timer, count=round(1 / (wait_s + cost_s)), wait_s=wait_s, cost_s=cost_s)
                seen.append(desk.credits)
            assert seen == [2, 1, 1, 1, 2, 3, 3]

    def test_one_slow_frame_in_thirty_moves_nothing(self) -> None:
        timer = Timer()
        with desk_of(timer, threads=1, credits=3, span_s=1.0) as desk:
            for _ in range(4):
                spend(desk, timer, count=1, wait_s=2.0)
                spend(desk, timer, count=29, wait_s=0.0, cost_s=0.001)
                timer.now_s += 1
            assert desk.credits == 3


class TestWhoGoesFirst:
    def test_a_judgement_goes_before_frames_but_leaves_them_a_thread(self) -> None:
        with desk_of(threads=2) as desk:
            first, second, frame = Held(), Held(), Held()
            one = desk.finish(first)
            assert first.begun.wait(20)
            two = desk.finish(second)
            three = desk.frame(frame, arrived_s=0.0)
            assert frame.begun.wait(20)
            assert not second.begun.is_set()  # one of two threads stays for frames
            first.release.set()
            assert second.begun.wait(20)
            for held in (second, frame):
                held.release.set()
            for future in (one, two, three):
                future.result(20)

    def test_a_document_keeps_no_frame_waiting(self) -> None:
        with desk_of(threads=1) as desk:
            page = Held()
            reading = threading.Thread(target=desk.document, args=(page,))
            reading.start()
            assert page.begun.wait(20)
            assert desk.frame(lambda: "seen", arrived_s=0.0).result(20) == "seen"
            assert desk.load().documents == 1
            page.release.set()
            reading.join(20)
            assert desk.load().documents == 0

    def test_few_documents_wait(self) -> None:
        with desk_of(documents=1) as desk:
            page = Held()
            reading = threading.Thread(target=desk.document, args=(page,))
            reading.start()
            assert page.begun.wait(20)
            with pytest.raises(LimitError) as caught:
                desk.document(lambda: None)
            assert caught.value.code == "documents_busy"
            assert caught.value.retry_after
            page.release.set()
            reading.join(20)
            assert desk.document(lambda: 7) == 7


class TestFaults:
    def test_what_fails_tells_who_asked_and_the_thread_goes_on(self) -> None:
        with desk_of(threads=1) as desk:
            with pytest.raises(ZeroDivisionError):
                desk.frame(lambda: 1 // 0, arrived_s=0.0).result(20)
            with pytest.raises(ZeroDivisionError):
                desk.finish(lambda: 1 // 0).result(20)
            with pytest.raises(ZeroDivisionError):
                desk.document(lambda: 1 // 0)
            assert desk.finish(lambda: 3).result(20) == 3
            assert desk.load().documents == 0

    def test_what_was_cancelled_is_not_done(self) -> None:
        done = []
        with desk_of(threads=1) as desk:
            held = Held()
            first = desk.frame(held, arrived_s=0.0)
            assert held.begun.wait(20)
            waiting: list[Future[None]] = [
                desk.frame(lambda: done.append("frame"), arrived_s=0.0),
                desk.finish(lambda: done.append("finish")),
            ]
            assert all(future.cancel() for future in waiting)
            held.release.set()
            first.result(20)
            assert desk.finish(lambda: "next").result(20) == "next"
        assert done == []

    def test_what_waits_when_it_closes_is_cancelled(self) -> None:
        desk = CaptureDesk(DeskOptions(threads=1), timer=Timer())
        held = Held()
        first = desk.frame(held, arrived_s=0.0)
        assert held.begun.wait(20)
        waiting = desk.frame(lambda: None, arrived_s=0.0)
        closing = threading.Thread(target=desk.close)
        closing.start()
        with pytest.raises(BaseException):  # noqa: B017, PT011  # CancelledError is no Exception
            waiting.result(20)
        held.release.set()
        closing.join(20)
        assert first.done()
        assert not closing.is_alive()


@pytest.mark.parametrize("options", [{"threads": 0}, {"credits": 0}, {"busy_share": 0.0}, {"busy_share": 1.5}])
def test_a_desk_that_could_do_nothing_is_not_made(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"desk|share"):
        DeskOptions(**options)  # type: ignore[arg-type]  # as above


def test_what_is_done_ahead_waits_for_everything_else() -> None:
    timer, first, done = Timer(), Held(), list[str]()
    with desk_of(timer, threads=1) as desk:
        running = desk.frame(first, arrived_s=timer())
        assert first.begun.wait(20)
        later = [
            desk.ahead(lambda: done.append("ahead")),
            desk.frame(lambda: done.append("frame"), arrived_s=timer()),
            desk.finish(lambda: done.append("finish")),
        ]
        given_up = desk.ahead(lambda: done.append("given up"))
        assert given_up.cancel()
        assert desk.load().waiting == 2, "nobody waits for what is done ahead"
        first.release.set()
        for future in (running, *later):
            future.result(20)
        assert done == ["finish", "frame", "ahead"]


def test_what_is_done_ahead_leaves_a_thread_for_frames() -> None:
    with desk_of(threads=2) as desk, ExitStack() as stack:
        pieces = [Held(), Held()]
        for piece in pieces:
            stack.callback(piece.release.set)
            desk.ahead(piece)
        assert pieces[0].begun.wait(20)
        assert desk.frame(lambda: "seen", arrived_s=100.0).result(20) == "seen"
        assert not pieces[1].begun.is_set()


class TestGlances:
    def test_a_glance_is_left_out_where_a_document_is_read_and_where_two_are_under_way(self) -> None:
        with desk_of(documents=2) as desk:
            assert desk.glance(lambda: "seen") == "seen"
            held = [Held(), Held()]
            threads = [threading.Thread(target=desk.glance, args=(one,)) for one in held]
            threads[0].start()
            assert held[0].begun.wait(20)
            threads[1].start()
            while desk._glances < 2:
                threads[1].join(0.001)
            assert desk.glance(lambda: "seen") is None
            for one, thread in zip(held, threads, strict=True):
                one.release.set()
                thread.join(20)
            reading = Held()
            thread = threading.Thread(target=desk.document, args=(reading,))
            thread.start()
            assert reading.begun.wait(20)
            assert desk.glance(lambda: "seen") is None
            reading.release.set()
            thread.join(20)
            assert desk.glance(lambda: "seen") == "seen"

    def test_a_glance_is_left_out_while_frames_wait(self) -> None:
        timer = Timer()
        with desk_of(timer, threads=1, span_s=1.0) as desk:
            with desk.seat():
                spend(desk, timer, count=12, wait_s=0.2)
                assert desk.glance(lambda: "seen") is None
            assert desk.glance(lambda: "seen") == "seen"  # nobody waits any more

    def test_what_a_glance_raises_is_raised_and_makes_room(self) -> None:
        with desk_of() as desk:
            for _ in range(3):
                with pytest.raises(ZeroDivisionError):
                    desk.glance(lambda: 1 // 0)
            assert desk.glance(lambda: "seen") == "seen"
