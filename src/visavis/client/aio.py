"""The client for event loops: each method is awaited."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, cast

import httpx

from visavis.attestation import KeySet, VerifiedAttestation
from visavis.client.base import TIMEOUT, Settings, answer_of, read_within
from visavis.client.call import Call, Page
from visavis.client.calls import figures, keys, lines, reviews, verifications, webhooks
from visavis.client.checking import checking
from visavis.client.course import Outcome, Patience, Send, Wait, course_of
from visavis.client.errors import AnswerUnusableError
from visavis.client.models import Attestation

__all__ = ["AsyncClient"]

P = ParamSpec("P")
T = TypeVar("T")


class _Group:
    """Methods of one subject."""

    def __init__(self, send: Callable[[Call[Any]], Awaitable[Any]], settings: Settings) -> None:
        self._send = send
        self._settings = settings

    async def send(self, call: Call[T]) -> T:
        return cast("T", await self._send(call))


class _Soon(Generic[P, T]):
    """A method that carries out the call that a function of the same parameters makes."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, group: _Group, owner: type[_Group] | None = None) -> Callable[P, Awaitable[T]]:
        @functools.wraps(self._make)
        async def do(*args: P.args, **kwargs: P.kwargs) -> T:
            return await group.send(self._make(*args, **kwargs))

        return do


class _Each(Generic[P, T]):
    """A method that goes through a list to its end, page after page."""

    def __init__(self, make: Callable[P, Call[Page[T]]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, group: _Group, owner: type[_Group] | None = None) -> Callable[P, AsyncIterator[T]]:
        @functools.wraps(self._make)
        async def do(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
            call, seen = self._make(*args, **kwargs), set[str]()
            while True:
                page = await group.send(call)
                for item in page.items:
                    yield item
                if page.next_cursor is None:
                    return
                if page.next_cursor in seen:
                    raise AnswerUnusableError("answer_unusable", "The list goes round in a circle.")
                seen.add(page.next_cursor)
                call = call.after(page.next_cursor)

        return do


class Verifications(_Group):
    open = _Soon(verifications.open_verification)
    read = _Soon(verifications.read)
    page = _Soon(verifications.page)
    each = _Each(verifications.page)
    attempts = _Soon(verifications.attempts)
    cancel = _Soon(verifications.cancel)
    erase = _Soon(verifications.erase)
    take_other_way = _Soon(verifications.take_other_way)
    link_code = _Soon(verifications.link_code)


class Attestations(_Group):
    fetch = _Soon(verifications.fetch_attestation)
    received = _Soon(verifications.attestation_received)
    status = _Soon(verifications.attestation_status)
    revoke = _Soon(verifications.revoke_attestation)

    async def verify(
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
                wanted = course.send(await self.send(wanted))
        except StopIteration as end:
            return cast("VerifiedAttestation", end.value)


class Lines(_Group):
    prepare = _Soon(lines.prepare)
    prepare_register = _Soon(lines.prepare_register)
    prepare_replace = _Soon(lines.prepare_replace)
    register = _Soon(lines.register)
    transfer = _Soon(lines.transfer)
    replace_sim = _Soon(lines.replace_sim)
    release = _Soon(lines.release)
    dispute = _Soon(lines.dispute)
    read = _Soon(lines.read)
    find = _Soon(lines.find)
    page = _Soon(lines.page)
    each = _Each(lines.page)
    history = _Soon(lines.history)
    in_my_name = _Soon(lines.in_my_name)
    disputes = _Soon(lines.disputes)
    each_dispute = _Each(lines.disputes)
    close_dispute = _Soon(lines.close_dispute)
    purposes = _Soon(lines.purposes)


class Figures(_Group):
    read = _Soon(figures.read)


class ApiKeys(_Group):
    create = _Soon(keys.create)
    read = _Soon(keys.read)
    page = _Soon(keys.page)
    each = _Each(keys.page)
    revoke = _Soon(keys.revoke)


class Policies(_Group):
    all = _Soon(keys.policies)
    read = _Soon(keys.policy)


class Reviews(_Group):
    page = _Soon(reviews.page)
    each = _Each(reviews.page)
    read = _Soon(reviews.read)
    of_verification = _Soon(reviews.of_verification)
    claim = _Soon(reviews.claim)
    release = _Soon(reviews.release)
    picture = _Soon(reviews.picture)
    reading = _Soon(reviews.reading)
    evidence = _Soon(reviews.evidence)
    verdict = _Soon(reviews.verdict)


class Webhooks(_Group):
    add = _Soon(webhooks.add)
    all = _Soon(webhooks.webhooks)
    read = _Soon(webhooks.read)
    change = _Soon(webhooks.change)
    remove = _Soon(webhooks.remove)
    rotate_secret = _Soon(webhooks.rotate_secret)
    send_test = _Soon(webhooks.send_test)
    deliveries = _Soon(webhooks.deliveries)
    each_delivery = _Each(webhooks.deliveries)
    replay = _Soon(webhooks.replay)
    replay_dead = _Soon(webhooks.replay_dead)


class AsyncClient:
    """``http``: an asynchronous client of httpx to send with; without one it makes its own, and closes it."""

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        relying_party: str | None = None,
        issuer: str | None = None,
        timeout: httpx.Timeout | float = TIMEOUT,
        patience: Patience | None = None,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
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
        self._http = http or httpx.AsyncClient(timeout=timeout, follow_redirects=False)
        self._sleep = sleep
        self.verifications = Verifications(self.send, self.settings)
        self.attestations = Attestations(self.send, self.settings)
        self.lines = Lines(self.send, self.settings)
        self.api_keys = ApiKeys(self.send, self.settings)
        self.policies = Policies(self.send, self.settings)
        self.reviews = Reviews(self.send, self.settings)
        self.webhooks = Webhooks(self.send, self.settings)
        self.figures = Figures(self.send, self.settings)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        if self._own:
            await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Raises `visavis.client.errors.ClientError`."""
        settings = self.settings
        course = course_of(
            call, new_key=settings.new_key, jitter=settings.jitter, now=settings.now, patience=settings.patience
        )
        came: Outcome = None
        try:
            step = next(course)
            while True:
                if isinstance(step, Wait):
                    await self._sleep(step.seconds)
                    came = None
                else:
                    came = await self._once(step)
                step = course.send(came)
        except StopIteration as end:
            return cast("T", end.value)

    async def _once(self, sent: Send) -> Outcome:
        request = self.settings.request(self._http, sent)
        try:
            response = await self._http.send(request, stream=True)
            try:
                chunks, read = list[bytes](), 0
                async for chunk in response.aiter_bytes():
                    read = read_within(read, chunk)
                    chunks.append(chunk)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            return error
        return answer_of(response.status_code, response.headers, b"".join(chunks))
