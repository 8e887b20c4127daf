"""The client for threads: each method sends, waits and returns. Safe from several threads."""

import functools
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, cast

import httpx

from visavis.attestation import KeySet, VerifiedAttestation
from visavis.client.base import TIMEOUT, BaseSettings, Settings, answer_of, read_within
from visavis.client.call import Call, Page
from visavis.client.calls import figures, keys, lines, reviews, verifications, webhooks
from visavis.client.checking import checking
from visavis.client.course import Outcome, Patience, Wait, course_of
from visavis.client.errors import AnswerUnusableError
from visavis.client.models import Attestation

__all__ = ["Client", "carry_out"]

P = ParamSpec("P")
T = TypeVar("T")


class _Group:
    """Methods of one subject."""

    def __init__(self, send: Callable[[Call[Any]], Any], settings: Settings) -> None:
        self._send = send
        self._settings = settings

    def send(self, call: Call[T]) -> T:
        return cast("T", self._send(call))


class _Now(Generic[P, T]):
    """A method that carries out the call that a function of the same parameters makes."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, group: _Group, owner: type[_Group] | None = None) -> Callable[P, T]:
        @functools.wraps(self._make)
        def do(*args: P.args, **kwargs: P.kwargs) -> T:
            return group.send(self._make(*args, **kwargs))

        return do


class _Each(Generic[P, T]):
    """A method that goes through a list to its end, page after page."""

    def __init__(self, make: Callable[P, Call[Page[T]]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, group: _Group, owner: type[_Group] | None = None) -> Callable[P, Iterator[T]]:
        @functools.wraps(self._make)
        def do(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
            call, seen = self._make(*args, **kwargs), set[str]()
            while True:
                page = group.send(call)
                yield from page.items
                if page.next_cursor is None:
                    return
                if page.next_cursor in seen:
                    raise AnswerUnusableError("answer_unusable", "The list goes round in a circle.")
                seen.add(page.next_cursor)
                call = call.after(page.next_cursor)

        return do


class Verifications(_Group):
    open = _Now(verifications.open_verification)
    read = _Now(verifications.read)
    page = _Now(verifications.page)
    each = _Each(verifications.page)
    attempts = _Now(verifications.attempts)
    cancel = _Now(verifications.cancel)
    erase = _Now(verifications.erase)
    take_other_way = _Now(verifications.take_other_way)
    link_code = _Now(verifications.link_code)


class Attestations(_Group):
    fetch = _Now(verifications.fetch_attestation)
    received = _Now(verifications.attestation_received)
    status = _Now(verifications.attestation_status)
    revoke = _Now(verifications.revoke_attestation)

    def verify(
        self,
        attestation: Attestation | str,
        *,
        nonce: str | None = None,
        keys: KeySet | None = None,
        now: datetime | None = None,
    ) -> VerifiedAttestation:
        """What it says, once everything about it is right: the keys and the status list are fetched from the issuer.

        Raises as `visavis.attestation.verify`; ValueError where the client was not told its ``relying_party``.
        """
        settings = self._settings
        if settings.relying_party is None:
            raise ValueError("tell the client which relying party you are")
        token = attestation if isinstance(attestation, str) else attestation.attestation
        moment = now or settings.now()
        course = checking(
            token, issuer=settings.issued_by, audience=settings.relying_party, now=moment, nonce=nonce, keys=keys
        )
        try:
            wanted = next(course)
            while True:
                wanted = course.send(self.send(wanted))
        except StopIteration as end:
            return cast("VerifiedAttestation", end.value)


class Lines(_Group):
    prepare = _Now(lines.prepare)
    prepare_register = _Now(lines.prepare_register)
    prepare_replace = _Now(lines.prepare_replace)
    register = _Now(lines.register)
    transfer = _Now(lines.transfer)
    replace_sim = _Now(lines.replace_sim)
    release = _Now(lines.release)
    dispute = _Now(lines.dispute)
    read = _Now(lines.read)
    find = _Now(lines.find)
    page = _Now(lines.page)
    each = _Each(lines.page)
    history = _Now(lines.history)
    in_my_name = _Now(lines.in_my_name)
    disputes = _Now(lines.disputes)
    each_dispute = _Each(lines.disputes)
    close_dispute = _Now(lines.close_dispute)
    purposes = _Now(lines.purposes)


class Figures(_Group):
    read = _Now(figures.read)


class ApiKeys(_Group):
    create = _Now(keys.create)
    read = _Now(keys.read)
    page = _Now(keys.page)
    each = _Each(keys.page)
    revoke = _Now(keys.revoke)


class Policies(_Group):
    all = _Now(keys.policies)
    read = _Now(keys.policy)


class Reviews(_Group):
    page = _Now(reviews.page)
    each = _Each(reviews.page)
    read = _Now(reviews.read)
    of_verification = _Now(reviews.of_verification)
    claim = _Now(reviews.claim)
    release = _Now(reviews.release)
    picture = _Now(reviews.picture)
    reading = _Now(reviews.reading)
    evidence = _Now(reviews.evidence)
    verdict = _Now(reviews.verdict)


class Webhooks(_Group):
    add = _Now(webhooks.add)
    all = _Now(webhooks.webhooks)
    read = _Now(webhooks.read)
    change = _Now(webhooks.change)
    remove = _Now(webhooks.remove)
    rotate_secret = _Now(webhooks.rotate_secret)
    send_test = _Now(webhooks.send_test)
    deliveries = _Now(webhooks.deliveries)
    each_delivery = _Each(webhooks.deliveries)
    replay = _Now(webhooks.replay)
    replay_dead = _Now(webhooks.replay_dead)


class Client:
    """``http``: a client of httpx to send with; without one it makes its own, and closes it."""

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        relying_party: str | None = None,
        issuer: str | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
        patience: Patience | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
        settings: Settings | None = None,
    ) -> None:
        self.settings = settings or Settings(
            url=url,
            api_key=api_key,
            relying_party=relying_party,
            issuer=issuer,
            patience=patience or Patience(),
        )
        self._own = http is None
        self._http = http or httpx.Client(timeout=timeout, follow_redirects=False)
        self._sleep = sleep
        self.verifications = Verifications(self.send, self.settings)
        self.attestations = Attestations(self.send, self.settings)
        self.lines = Lines(self.send, self.settings)
        self.api_keys = ApiKeys(self.send, self.settings)
        self.policies = Policies(self.send, self.settings)
        self.reviews = Reviews(self.send, self.settings)
        self.webhooks = Webhooks(self.send, self.settings)
        self.figures = Figures(self.send, self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._own:
            self._http.close()

    def send(self, call: Call[T]) -> T:
        """Raises `visavis.client.errors.ClientError`."""
        return carry_out(call, http=self._http, settings=self.settings, sleep=self._sleep)


def carry_out(call: Call[T], *, http: httpx.Client, settings: BaseSettings, sleep: Callable[[float], None]) -> T:
    """See `visavis.client.course`."""
    course = course_of(
        call, new_key=settings.new_key, jitter=settings.jitter, now=settings.now, patience=settings.patience
    )
    came: Outcome = None
    try:
        step = next(course)
        while True:
            if isinstance(step, Wait):
                sleep(step.seconds)
                came = None
            else:
                came = _once(http, settings.request(http, step))
            step = course.send(came)
    except StopIteration as end:
        return cast("T", end.value)


def _once(http: httpx.Client, request: httpx.Request) -> Outcome:
    try:
        response = http.send(request, stream=True)
        try:
            chunks, read = list[bytes](), 0
            for chunk in response.iter_bytes():
                read = read_within(read, chunk)
                chunks.append(chunk)
        finally:
            response.close()
    except httpx.TransportError as error:
        return error
    return answer_of(response.status_code, response.headers, b"".join(chunks))
