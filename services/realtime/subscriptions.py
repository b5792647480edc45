"""The rules of the realtime service: who receives what, from when to when, and which socket has to go.

Nothing here awaits, reads a clock or touches a socket: events come in as method calls, actions go out as data, and
`websocket.py` obeys. So every rule can be read, and tested, as a sequence of calls.

Three things are exact:

- A join misses nothing and repeats nothing. The subscription is registered before the room's position is asked, and
  events are kept meanwhile; the answer says that everything up to `last_sequence` is history, so what was kept is
  delivered from the next one on.
- A membership ends at its event. `member.removed` arrives in the same ordered log as the messages, so no frame with a
  higher sequence is ever delivered. It also ends a join that is waiting, when the answer is older than the removal.
- A hole in a room's log is never passed over in silence. Sequences are dense, so a missing one shows at the next
  event; whoever was owed it is told LEFT with the reason and can join again.

A record that comes again (CDC delivers at least once) has a sequence that was seen, and is dropped.
"""

import itertools
import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.access_tokens import AccessToken
from services.problems import Code, Problem
from services.realtime import frames, records
from services.realtime.actions import Action, AskToJoin, Close, CloseCode, Deliver, Limits, Socket
from services.realtime.allowance import Allowance
from services.realtime.records import RoomEvent, SessionEnded

MISSED = "events of the room were missed; join it again"
REMOVED = "you are no longer a member"

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class RoomPosition:
    """Where a room's log stood when a join was allowed: its newest sequence, and its newest about membership."""

    last_sequence: int
    membership_version: int


@dataclass(frozen=True, slots=True)
class _News:
    """An event as the sockets of a room need it: what to send, and who was removed."""

    sequence: int
    frame: bytes | None
    removed: str | None


@dataclass(slots=True)
class _Waiting:
    """A join that waits for its answer."""

    attempt: int
    name: str
    answers_owed: int = 1  # a client that asks twice meanwhile gets two answers
    kept: list[_News] = field(default_factory=list)
    kept_bytes: int = 0


@dataclass(slots=True)
class _Room(Generic[Socket]):
    seen: int = 0  # newest sequence that came in since somebody is here
    members: dict[Socket, RoomPosition] = field(default_factory=dict)
    waiting: dict[Socket, _Waiting] = field(default_factory=dict)


@dataclass(slots=True)
class _Connected:
    access: AccessToken
    allowance: Allowance
    rooms: set[str] = field(default_factory=set)


class Subscriptions(Generic[Socket]):
    """Sockets, the rooms they are in, and the sessions they belong to.

    Sockets are told apart by connection. They belong to a session and an account, which come from the verified token;
    what a client calls itself plays no part.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 - frozen
        self.limits = limits
        self.holes = 0  # sequences that were found missing
        self._sockets: dict[Socket, _Connected] = {}
        self._rooms: dict[str, _Room[Socket]] = {}
        self._by_session: dict[str, set[Socket]] = {}
        self._by_expiry: dict[int, set[Socket]] = {}  # one wheel for all, with a slot for each second
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._attempts = itertools.count(1)

    @property
    def sockets_count(self) -> int:
        """Open sockets."""
        return len(self._sockets)

    @property
    def rooms_count(self) -> int:
        """Rooms somebody here is in, or waits to join."""
        return len(self._rooms)

    # Sockets come and go.

    def opened(self, socket: Socket, access: AccessToken, now_s: float) -> list[Action[Socket]]:
        """Take in a socket whose token was verified; it may have lost its right to be here while that took place."""
        if access.session_id in self._ended:
            return [Close(socket, CloseCode.UNAUTHORIZED, "the session was revoked; sign in again")]
        burst = self.limits.frames_burst
        self._sockets[socket] = _Connected(access, Allowance(self.limits.frames_per_s, burst, burst, now_s))
        self._by_session.setdefault(access.session_id, set()).add(socket)
        self._by_expiry.setdefault(math.ceil(access.expires_at), set()).add(socket)
        return []

    def closed(self, socket: Socket) -> None:
        """Forget a socket and everything it was in."""
        connected = self._sockets.pop(socket, None)
        if connected is None:
            return
        for room_id in connected.rooms:
            self._drop(socket, room_id)
        _discard(self._by_session, connected.access.session_id, socket)
        _discard(self._by_expiry, math.ceil(connected.access.expires_at), socket)

    def overflowed(self, socket: Socket) -> list[Action[Socket]]:
        """A socket left more than `outbound_bytes_max` unread: it goes, so that it costs the others nothing."""
        unread = f"more than {self.limits.outbound_bytes_max} bytes unread; connect again and resume"
        return self._close([socket], CloseCode.TOO_SLOW, unread)

    def ticked(self, now_s: float) -> list[Action[Socket]]:
        """Close the sockets whose token has expired; to be called every second."""
        due = [second for second in self._by_expiry if second <= now_s]
        expired = [socket for second in due for socket in self._by_expiry[second]]
        return self._close(expired, CloseCode.UNAUTHORIZED, "the token expired; use RefreshToken, then connect again")

    def close_all(self, reason: str) -> list[Action[Socket]]:
        """Send everybody away to connect again: the service stops, or lost its place in the stream of events."""
        return self._close(list(self._sockets), CloseCode.SERVICE_RESTART, reason)

    # Clients ask.

    def received(self, socket: Socket, data: str | bytes, now_s: float) -> list[Action[Socket]]:
        """Answer a frame from a client."""
        connected = self._sockets.get(socket)
        if connected is None:  # it was closed by us, and what it had sent still arrived
            return []
        if not connected.allowance.take(now_s):
            message = f"More than {self.limits.frames_per_s:g} frames a second; connect again and send fewer"
            told = Deliver(frames.error(Problem(Code.RESOURCE_EXHAUSTED, message)), [socket])
            return [told, *self._close([socket], CloseCode.POLICY_VIOLATION, "too many frames")]
        try:
            frame = frames.read(data)
            room_id = frames.room_id(frame.name)
        except Problem as problem:
            return [Deliver(frames.error(problem), [socket])]
        if isinstance(frame, frames.JoinRoom):
            return self._join(socket, connected, room_id, frame.name)
        connected.rooms.discard(room_id)
        self._drop(socket, room_id)
        return [Deliver(frames.left(room_id), [socket])]

    def answered(
        self, socket: Socket, room_id: str, attempt: int, answer: RoomPosition | Problem
    ) -> list[Action[Socket]]:
        """Take the answer to an `AskToJoin`; it may have outlived the wish, the socket, or the membership."""
        room = self._rooms.get(room_id)
        waiting = room.waiting.get(socket) if room is not None else None
        if room is None or waiting is None or waiting.attempt != attempt:
            return []
        if isinstance(answer, Problem):
            return self._refuse(socket, room_id, waiting, answer)
        del room.waiting[socket]
        room.members[socket] = answer
        began = Deliver(frames.joined(room_id, answer.last_sequence, answer.membership_version), [socket])
        actions: list[Action[Socket]] = [began] * waiting.answers_owed
        reached = answer.last_sequence
        for news in waiting.kept:
            if news.sequence <= reached:
                continue
            if news.sequence != reached + 1:
                self.holes += 1
                return [*actions, *self._end([socket], room_id, reached, MISSED)]
            actions += self._tell([socket], room_id, news)
            if socket not in room.members:  # that event was the removal
                break
            reached = news.sequence
        return actions

    # Things happen.

    def apply(self, event: RoomEvent | SessionEnded) -> list[Action[Socket]]:
        """Take the next record's event.

        Raises:
            UnreadableError: the payload is malformed. Nothing has changed: the room's next event will show the hole.
        """
        return self._session_ended(event) if isinstance(event, SessionEnded) else self._happened(event)

    def _session_ended(self, event: SessionEnded) -> list[Action[Socket]]:
        self._ended[event.session_id] = None
        if len(self._ended) > self.limits.ended_sessions_max:
            self._ended.popitem(last=False)
        sockets = list(self._by_session.get(event.session_id, ()))
        return self._close(sockets, CloseCode.UNAUTHORIZED, "the session was revoked; sign in again")

    def _happened(self, event: RoomEvent) -> list[Action[Socket]]:
        room = self._rooms.get(event.room_id)
        if room is None or event.sequence <= room.seen:
            return []
        news = _news(event)
        actions = self._told_of_hole(room, event) if event.sequence != room.seen + 1 else []
        room.seen = event.sequence
        if room.waiting:
            actions += self._keep(room, event.room_id, news)
        receivers = [socket for socket, start in room.members.items() if start.last_sequence < event.sequence]
        return actions + self._tell(receivers, event.room_id, news)

    def _told_of_hole(self, room: _Room[Socket], event: RoomEvent) -> list[Action[Socket]]:
        # The first event since somebody is here leaves `seen` behind too, and is no hole for who joined just before it.
        owed = [s for s, start in room.members.items() if max(start.last_sequence, room.seen) < event.sequence - 1]
        if not owed:
            return []
        self.holes += 1
        return self._end(owed, event.room_id, room.seen or None, MISSED)

    def _tell(self, sockets: list[Socket], room_id: str, news: _News) -> list[Action[Socket]]:
        """Deliver an event to those who are to have it, and end the memberships it ends."""
        if not sockets:
            return []
        actions: list[Action[Socket]] = [] if news.frame is None else [Deliver(news.frame, sockets)]
        if news.removed is not None:
            gone = [socket for socket in sockets if self._sockets[socket].access.account_id == news.removed]
            actions += self._end(gone, room_id, news.sequence, REMOVED)
        return actions

    # Joins.

    def _join(self, socket: Socket, connected: _Connected, room_id: str, name: str) -> list[Action[Socket]]:
        room = self._rooms.get(room_id) or _Room[Socket]()
        start = room.members.get(socket)
        if start is not None:
            return [Deliver(frames.joined(room_id, start.last_sequence, start.membership_version), [socket])]
        waiting = room.waiting.get(socket)
        if waiting is not None:
            waiting.answers_owed += 1
            return []
        if len(connected.rooms) >= self.limits.rooms_max:
            message = f"This socket is in {self.limits.rooms_max} rooms, the most there may be; leave one first"
            return [Deliver(frames.error(Problem(Code.RESOURCE_EXHAUSTED, message), room_id), [socket])]
        attempt = next(self._attempts)
        self._rooms[room_id] = room
        room.waiting[socket] = _Waiting(attempt, name)
        connected.rooms.add(room_id)
        return [AskToJoin(socket, room_id, attempt)]

    def _keep(self, room: _Room[Socket], room_id: str, news: _News) -> list[Action[Socket]]:
        actions: list[Action[Socket]] = []
        for socket, waiting in list(room.waiting.items()):
            waiting.kept.append(news)
            waiting.kept_bytes += len(news.frame or b"")
            too_many = len(waiting.kept) > self.limits.join_buffer_events_max
            if too_many or waiting.kept_bytes > self.limits.join_buffer_bytes_max:
                busy = Problem(Code.UNAVAILABLE, "Too much happened in the room while you waited; join it again")
                actions += self._refuse(socket, room_id, waiting, busy)
        return actions

    def _refuse(self, socket: Socket, room_id: str, waiting: _Waiting, problem: Problem) -> list[Action[Socket]]:
        self._sockets[socket].rooms.discard(room_id)
        self._drop(socket, room_id)
        if problem.code is Code.FORBIDDEN:  # in the original's words
            problem = Problem(Code.FORBIDDEN, f"Unauthorized to join {waiting.name}")
        return [Deliver(frames.error(problem, room_id), [socket])] * waiting.answers_owed

    # The end of a subscription, and of a socket.

    def _end(self, sockets: list[Socket], room_id: str, sequence: int | None, reason: str) -> list[Action[Socket]]:
        for socket in sockets:
            self._sockets[socket].rooms.discard(room_id)
            self._drop(socket, room_id)
        return [Deliver(frames.left(room_id, sequence, reason), sockets)] if sockets else []

    def _drop(self, socket: Socket, room_id: str) -> None:
        room = self._rooms.get(room_id)
        if room is None:
            return
        room.members.pop(socket, None)
        room.waiting.pop(socket, None)
        if not room.members and not room.waiting:
            del self._rooms[room_id]

    def _close(self, sockets: list[Socket], code: CloseCode, reason: str) -> list[Action[Socket]]:
        known = [socket for socket in sockets if socket in self._sockets]
        for socket in known:
            self.closed(socket)
        return [Close(socket, code, reason) for socket in known]


def _news(event: RoomEvent) -> _News:
    if event.type == records.MESSAGE_CREATED:
        return _News(event.sequence, frames.message(event, records.message_created(event)), None)
    if event.type == records.MEMBER_REMOVED:
        return _News(event.sequence, None, records.member_removed(event).member_id)
    return _News(event.sequence, None, None)


def _discard(index: dict[Key, set[Socket]], key: Key, socket: Socket) -> None:
    index[key].discard(socket)
    if not index[key]:
        del index[key]
