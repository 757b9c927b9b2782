"""A connection that comes back."""

from __future__ import annotations

import asyncio
import functools
import json
import random
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar, overload
from urllib.parse import urlsplit

from ._opening import Opening
from ._publisher import Publisher
from ._requests import Requests
from ._session import Session, Unwelcome
from .errors import Closed, ConnectionLost, Refused, TwofoldError
from .events import ClientEvent, Connected, Disconnected, Event, GoAway, log, notify, say_losses
from .group import GroupSubscription, OnRevoked
from .queue import QueueSubscription
from .subscription import Subscription
from .topic import TopicSubscription
from .types import Credit, Duration, Durability, NewRecord, Place, Producer, encode_part, encode_records, present, seconds

PATH = "/v1/ws"
BACKOFF_SECONDS_FIRST = 0.1
BACKOFF_SECONDS_MAX = 10.0
DRAIN_SECONDS = 20.0
# Closed for a reason that the next attempt would meet again.
FINAL_CODES = {4400, 4401, 4403, 4404, 4409}

T = TypeVar("T")
Token = str | Callable[[], Awaitable[str]] | None


def connect(url: str, *, token: Token = None, client: str = "twofold-python", heartbeat: Duration | None = None,
            producer: Producer | None = None, on_event: Callable[[ClientEvent], None] = lambda event: None,
            **options: Any) -> Opening[Client]:
    """Connects and says hello: `async with connect(url) as client`, or `client = await connect(url)`.

    Fails when that does not succeed. From then on the client comes back by itself after every lost
    connection, with growing and scattered pauses or after what the broker asked for, until close(),
    drain(), or a refusal that would come again.

    token     or how to get one: asked before every session
    producer  numbers every record that is published to a topic, so that a publish whose answer was lost
              is repeated by the client and stored once. Such publishes go out one at a time: put many
              records into each. `epoch` is higher with each run, or `seq` goes on where the last ended.
    options   of `websockets.connect`
    """
    hello = present({"type": "hello", "client": client, "heartbeat": heartbeat})
    made = Client(socket_url(url), hello, token, producer, on_event, options)
    return Opening(made._start, Client._leave)


def socket_url(url: str) -> str:
    """http(s) and ws(s) are the same address; without a path it is the API's."""
    parts = urlsplit(url)
    return parts._replace(scheme=parts.scheme.replace("http", "ws"),
                          path=parts.path if parts.path not in ("", "/") else PATH).geturl()


def read_credit(credit: int | Credit | Literal["auto"]) -> Credit | None:
    """None: as much as the socket takes."""
    if isinstance(credit, Credit):
        return credit
    return None if credit == "auto" else Credit(messages=credit)


class Client:
    """Made by connect()."""

    def __init__(self, url: str, hello: dict[str, Any], token: Token, producer: Producer | None,
                 on_event: Callable[[ClientEvent], None], options: dict[str, Any]):
        self._url, self._hello, self._token, self._options = url, hello, token, options
        self._on_event = on_event
        self._publisher = Publisher(producer)
        self._requests = Requests()
        self._subscriptions: dict[int, Subscription[Any]] = {}
        self._session: Session | None = None  # welcomed
        self._reconnect_seconds = 0.0  # what the broker has asked for
        self._last_id = 0
        self._last_sub = 0
        self._insisting = 0  # requests that wait for the next connection, or are on this one
        self._answered = asyncio.Event()  # something was
        self._living: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[bool] | None = None
        self._error: TwofoldError | None = None  # it is over
        self.welcome: dict[str, Any] = {}

    # -- publishing ---------------------------------------------------------------------------------

    async def publish(self, topic: str, records: NewRecord | Iterable[NewRecord], *,
                      durability: Durability | None = None, expect: Mapping[str, Any] | None = None) -> list[Place]:
        """The places of the records, once they are as durable as asked for; all of them are, or none.

        Goes out in the order of the calls, as soon as the publish window has room and there is a
        connection. Raises Refused, or UnknownOutcome when the connection was lost meanwhile.
        """
        return await self._publish({"topic": topic, "durability": durability, "expect": expect}, records)

    async def send(self, queue: str, messages: NewRecord | Iterable[NewRecord], *,
                   durability: Durability | None = None) -> list[Place]:
        """The same for messages of a queue that has a log of its own."""
        return await self._publish({"queue": queue, "durability": durability}, messages)

    async def _publish(self, where: dict[str, Any], records: NewRecord | Iterable[NewRecord]) -> list[Place]:
        self._check()
        frame = {"type": "publish", "id": self._next_id(), **present(where), "records": encode_records(records)}
        answer = await self._publisher.add(frame)
        return [Place(**place) for place in answer["records"]]

    async def writable(self) -> None:
        """Returns when a publish would go out at once: awaited before each, it keeps memory small."""
        self._check()
        await self._publisher.writable()

    async def transact(self, *, publish: Iterable[Mapping[str, Any]] = (), ack: Iterable[Mapping[str, Any]] = (),
                       offsets: Iterable[Mapping[str, Any] | GroupSubscription] = ()) -> dict[str, Any]:
        """Publishes, acks and commits offsets, all or nothing and on disk (POST /v1/commit). Raises as publish().

        offsets  a subscription of a group stands for all that it has handed out and not committed. Refused
                 as `member-fenced`, or UnknownOutcome: forget the result and go on, what is not committed
                 comes again. Entries of a group that this client is a member of need no `member`.
        """
        entries = list(offsets)
        members = [one for one in entries if isinstance(one, GroupSubscription)]
        acks = list(ack)
        try:
            taken = [member._standing() for member in members]
            named = [self._named(one) for one in entries if not isinstance(one, GroupSubscription)]
            parts = {"publish": [encode_part(one) for one in publish], "ack": acks,
                     "offsets": named + [member._entry(some) for member, some in zip(members, taken) if some]}
            frame = {"type": "transact"} | {name: part for name, part in parts.items() if part}
            answer = await self._request(frame, once=True)
        except TwofoldError as error:
            for member in members:
                member._fenced(error)
            raise
        for subscription in list(self._subscriptions.values()):
            for one in acks:
                subscription._let_go(one["receipts"])
        for member, some in zip(members, taken):
            member._committed(some)
        return answer

    def _named(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        for one in self._subscriptions.values():
            if isinstance(one, GroupSubscription) and one.group == entry["group"]:
                return {"member": one.member, **entry}
        return dict(entry)

    # -- subscribing --------------------------------------------------------------------------------

    @overload
    def subscribe(self, *, topic: str, group: str, from_: str | int | None = None, filter: str | None = None,
                  session: Duration | None = None,
                  order: Literal["partition", "total"] | None = None, credit: int | Credit | Literal["auto"] = 1000,
                  max_batch: int | None = None, on_revoked: OnRevoked | None = None,
                  on_event: Callable[[Event], None] = say_losses) -> Opening[GroupSubscription]: ...

    @overload
    def subscribe(self, *, topic: str, from_: str | int | None = None, resume: str | None = None,
                  filter: str | None = None,
                  order: Literal["partition", "total"] | None = None, credit: int | Credit | Literal["auto"] = 1000,
                  max_batch: int | None = None,
                  on_event: Callable[[Event], None] = say_losses) -> Opening[TopicSubscription]: ...

    @overload
    def subscribe(self, *, queue: str, visibility_timeout: Duration | None = None, filter: str | None = None,
                  ack: Literal["explicit", "on_send"] | None = None, credit: int | Credit | Literal["auto"] = 10,
                  max_batch: int | None = None,
                  on_event: Callable[[Event], None] = say_losses) -> Opening[QueueSubscription]: ...

    def subscribe(self, *, topic: str | None = None, queue: str | None = None, from_: str | int | None = None,
                  credit: int | Credit | Literal["auto"] | None = None,
                  on_event: Callable[[Event], None] = say_losses, **options: Any) -> Any:
        """Records of a topic or messages of a queue, once the broker has accepted; raises Refused.

        from_   an offset, a time, "earliest", "latest" (unless said) or "-15m"; `resume`: a cursor instead
        group   shares the topic's partitions with the group's other members, and reads from where the group
                has committed; `from_` counts for partitions of which it has committed nothing
        session how long this member may take to commit what goes to another one, 1 s to 30 min
        credit  how much the broker may send ahead: given back as records are processed or messages
                settled. "auto": as fast as the socket takes it, into this client's memory
        """
        kind: Callable[..., Subscription[Any]] = QueueSubscription if topic is None else TopicSubscription
        if options.get("group") is not None:
            kind = functools.partial(GroupSubscription, on_revoked=options.pop("on_revoked", None))
        given = read_credit(credit if credit is not None else (1000 if topic is not None else 10))
        fields = present({"topic": topic, "queue": queue, "from": from_, **options})
        fields["credit"] = given.wire() if given else "auto"

        async def begin() -> Subscription[Any]:
            self._check()
            if self._draining:
                raise Closed("the client is draining: it takes nothing new")
            self._last_sub += 1
            made = self._subscriptions[self._last_sub] = kind(self, self._last_sub, fields, given, on_event)
            if self._session:
                made._open()
            await made._opened
            return made

        return Opening(begin, lambda made: made.unsubscribe())

    # -- the wire -----------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._error:
            raise self._error

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _tell(self, frame: dict[str, Any]) -> None:
        """If there is a connection."""
        if self._session:
            self._session.send(json.dumps(frame))

    def _request(self, frame: dict[str, Any], **kind: Any) -> asyncio.Future[dict[str, Any]]:
        self._check()
        return self._requests.ask({**frame, "id": self._next_id()}, **kind)

    async def _insist(self, subscription: Subscription[Any], ask: Callable[[], Awaitable[T]]) -> T:
        """Asks what belongs to a connection, once the subscription is ready and on as many as it takes."""
        self._insisting += 1
        try:
            while True:
                await subscription._ready.wait()
                try:
                    return await ask()
                except ConnectionLost:
                    pass
        finally:
            self._insisting -= 1
            self._answered.set()

    def _renumber(self, subscription: Subscription[Any]) -> bool:
        """Ends it for the broker, to begin anew: what still comes for the old number is nobody's."""
        if not self._session or not self._subscriptions.pop(subscription.sub, None):
            return False
        self._tell({"type": "unsubscribe", "sub": subscription.sub})
        self._last_sub += 1
        subscription.sub = self._last_sub
        self._subscriptions[subscription.sub] = subscription
        return True

    def _received(self, frame: dict[str, Any], text: str) -> None:
        match frame["type"]:
            case "messages" | "caught_up" | "gap" | "lost" | "assigned" | "revoked":
                if subscription := self._subscriptions.get(frame["sub"]):
                    subscription._receive(frame, text)
            case "heartbeat":
                for state in frame.get("subs", ()):
                    if subscription := self._subscriptions.get(state["sub"]):
                        subscription._heartbeat(state)
            case "goaway":
                self._reconnect_seconds = seconds(frame.get("reconnect_after", "0s"))
                self._publisher.pause()
                notify(self._on_event, GoAway(frame["reason"], frame["deadline"], frame["reconnect_after"]))
            case "error" if "id" not in frame:
                if subscription := self._subscriptions.get(frame.get("sub", 0)):
                    subscription._fail(Refused(frame["problem"]))
            case _:
                if not self._publisher.answered(frame):
                    self._requests.answered(frame)
                self._answered.set()

    # -- one session after the other ----------------------------------------------------------------

    async def _start(self) -> Client:
        connected: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._living = asyncio.create_task(self._live(connected))
        try:
            await connected
        except BaseException:
            await self.close()
            raise
        return self

    async def _live(self, connected: asyncio.Future[None]) -> None:
        failures = 0
        try:
            while not self._error:
                try:
                    hello = self._hello if self._token is None else {**self._hello, "token": await self._get_token()}
                    session, self.welcome = await Session.open(self._url, hello, self._options)
                    failures = 0
                    code, reason = await self._serve(session, connected)
                except Unwelcome as unwelcome:
                    failures += 1
                    code, reason = unwelcome.code, unwelcome.reason
                error = Closed(f"the connection to {self._url} ended ({code}: {reason})")
                if code in FINAL_CODES or not self.welcome:
                    self._end(error)
                if not connected.done():
                    connected.set_exception(error)
                if not self._error:
                    await self._pause(failures)
        except Exception as bug:
            log.exception("the client failed")
            error = TwofoldError(f"the client failed: {bug!r}")
            self._end(error)
            if not connected.done():
                connected.set_exception(error)

    async def _get_token(self) -> str | None:
        return await self._token() if callable(self._token) else self._token

    async def _serve(self, session: Session, connected: asyncio.Future[None]) -> tuple[int, str]:
        self._session = session
        self._requests.begin(session)
        for subscription in list(self._subscriptions.values()):
            subscription._open()
        self._requests.ask_again()
        self._publisher.begin(session, self.welcome)
        if not connected.done():
            connected.set_result(None)
        notify(self._on_event, Connected(self.welcome["session"]))
        code, reason = 1006, "the client is closed"
        try:
            code, reason = await session.run(self._received)
            return code, reason
        finally:
            self._session = None
            self._publisher.lost(f"{code} {reason}")
            self._requests.lost(f"{code} {reason}")
            for subscription in list(self._subscriptions.values()):
                subscription._lost()
            notify(self._on_event, Disconnected(code, reason))

    async def _pause(self, failures: int) -> None:
        """Twice as long after each failure, and never all clients at once."""
        backoff = random.random() * min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS_FIRST * 2 ** min(failures, 10))
        await asyncio.sleep(self._reconnect_seconds + backoff)
        self._reconnect_seconds = 0.0

    # -- the end ------------------------------------------------------------------------------------

    def drain(self, timeout: float = DRAIN_SECONDS) -> asyncio.Task[bool]:
        """Hands out nothing more, lets loops end, waits until what is in hand is processed, settled and
        answered, gives the rest back and closes. Await it: False when that took longer than `timeout`."""
        if not self._draining:
            self._draining = asyncio.create_task(self._drain(timeout))
        return self._draining

    def drain_on(self, *signals: int, timeout: float = DRAIN_SECONDS) -> None:
        """Drains at the first of these signals (SIGTERM and SIGINT unless said)."""
        numbers = signals or (signal.SIGTERM, signal.SIGINT)
        loop = asyncio.get_running_loop()

        def heard() -> None:
            for number in numbers:
                loop.remove_signal_handler(number)  # the second one ends the process
            self.drain(timeout)

        for number in numbers:
            loop.add_signal_handler(number, heard)

    async def _drain(self, timeout: float) -> bool:
        try:
            async with asyncio.timeout(timeout):
                await self._finish()
            return True
        except TimeoutError:
            return False
        finally:
            await self.close()

    async def _finish(self) -> None:
        subscriptions = list(self._subscriptions.values())
        await asyncio.gather(*(subscription._drain() for subscription in subscriptions))
        while not (self._publisher.is_idle and self._requests.is_idle and self._insisting == 0):
            self._answered.clear()
            await self._answered.wait()
        await asyncio.gather(*(subscription.unsubscribe() for subscription in subscriptions))

    async def close(self) -> None:
        """Now. Loops end, publishes without an answer fail."""
        self._end(Closed("the client is closed"), planned=True)
        if self._session:
            await self._session.close()
        elif self._living:
            self._living.cancel()
        if self._living:
            await asyncio.wait([self._living])

    async def wait_closed(self) -> TwofoldError:
        """Why the client is closed, once it is for good."""
        if self._living:
            await asyncio.wait([self._living])
        return self._error or Closed("the client was not connected")

    async def _leave(self) -> None:
        if self._draining:
            await self._draining
        await self.close()

    def _end(self, error: TwofoldError, *, planned: bool = False) -> None:
        if self._error:
            return
        self._error = error
        self._publisher.end(error)
        self._requests.end(error)
        for subscription in list(self._subscriptions.values()):
            if planned:
                subscription._end()
            else:
                subscription._fail(error)
        self._answered.set()
