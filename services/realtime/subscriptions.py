"""The rules of the realtime service: who receives what, from when to when, and which socket has to go.

Nothing here awaits, reads a clock or touches a socket: events come in as method calls, actions go out as data, and
`websocket.py` obeys. So every rule can be read, and tested, as a sequence of calls.

Three things are exact:

- A join misses nothing and repeats nothing. The subscription is registered before the room's position is asked, and
  events are kept meanwhile; the answer says that everything up to `last_sequence` is history, so what was kept is
  delivered from the next one on. A client that resumes (`after`) is sent that history too, page by page from chat's
  log, until it meets what was kept.
- A membership ends at its event. `member.removed` arrives in the same ordered log as the messages, so no frame with a
  higher sequence is ever delivered. It also ends a join that is waiting, when the answer is older than the removal.
- A hole in a room's log is never passed over in silence. Sequences are dense, so a missing one shows at the next
  event; whoever was owed it is sent it from chat's log, or told LEFT with the reason when it cannot be had.

A record that comes again (CDC delivers at least once) has a sequence that was seen, and is dropped.
"""

import itertools
import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from services.access_tokens import AccessToken
from services.problems import Code, Problem
from services.realtime import frames
from services.realtime.actions import Action, AskToJoin, Close, CloseCode, Deliver, Limits, Socket
from services.realtime.allowance import Allowance
from services.realtime.records import RoomEvent, SessionEnded
from services.realtime.room import LogPage, News, Room, RoomPosition, Waiting, news

MISSED = "events of the room could not be read; join it again, after the last you have"
REMOVED = "you are no longer a member"

Key = TypeVar("Key")


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
        self._rooms: dict[str, Room[Socket]] = {}
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

    def close_some(self, count: int, reason: str) -> list[Action[Socket]]:
        """Send away `count` sockets, as `close_all` does; none when nobody is left."""
        return self._close(list(itertools.islice(self._sockets, count)), CloseCode.SERVICE_RESTART, reason)

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
            return self._join(socket, connected, room_id, frame)
        connected.rooms.discard(room_id)
        self._drop(socket, room_id)
        return [Deliver(frames.left(room_id), [socket])]

    def answered(
        self, socket: Socket, room_id: str, attempt: int, answer: RoomPosition | LogPage | Problem
    ) -> list[Action[Socket]]:
        """Take the answer to an `AskToJoin`; it may have outlived the wish, the socket, or the membership.

        Raises:
            UnreadableError: an event of the page is malformed. The socket waits on; answer with a Problem.
        """
        room = self._rooms.get(room_id)
        waiting = room.waiting.get(socket) if room is not None else None
        if room is None or waiting is None or waiting.attempt != attempt:
            return []
        if isinstance(answer, Problem):
            return self._turned_down(socket, room_id, waiting, answer)
        position = answer.position if isinstance(answer, LogPage) else answer
        actions: list[Action[Socket]] = []
        if not waiting.begun:
            if waiting.after is not None and waiting.after > position.last_sequence:
                message = f"The room's log ends at {position.last_sequence}; `after` is the last sequence you were sent"
                return self._refuse(socket, room_id, waiting, Problem(Code.INVALID_ARGUMENT, message, "after"))
            waiting.reached = position.last_sequence if waiting.after is None else waiting.after
        waiting.version = position.membership_version
        page = answer if isinstance(answer, LogPage) else LogPage(position, 0, ())
        if waiting.reached < page.horizon:
            waiting.reached = position.last_sequence
            reset = frames.reset(room_id, position.last_sequence, page.horizon)
            actions += [Deliver(reset, [socket]), self._joined(socket, room_id, waiting)]
            waiting.answers_owed, waiting.begun = 0, True
        if not waiting.begun:
            actions += [self._joined(socket, room_id, waiting)] * waiting.answers_owed
            waiting.begun = True
        asked_in_vain = isinstance(answer, LogPage) and not page.events
        for event in page.events:
            if event.sequence == waiting.reached + 1:
                actions.append(Deliver(news(event).frame, [socket]))
                waiting.reached = event.sequence
        if asked_in_vain and not waiting.goes_on(room.seen, position.last_sequence):
            return actions + self._end([socket], room_id, waiting.reached, MISSED)
        return actions + self._go_on(socket, room_id, room, waiting, position.last_sequence)

    def _joined(self, socket: Socket, room_id: str, waiting: Waiting) -> Deliver[Socket]:
        return Deliver(frames.joined(room_id, waiting.reached, waiting.version), [socket])

    def _go_on(
        self, socket: Socket, room_id: str, room: Room[Socket], waiting: Waiting, last_sequence: int
    ) -> list[Action[Socket]]:
        """Let a socket in when what was kept for it goes on where it stands; ask for what lies between if not."""
        if not waiting.goes_on(room.seen, last_sequence):
            waiting.attempt = next(self._attempts)
            return [AskToJoin(socket, room_id, waiting.attempt, waiting.reached)]
        del room.waiting[socket]
        room.members[socket] = RoomPosition(waiting.reached, waiting.version)
        actions: list[Action[Socket]] = []
        for happened in waiting.kept_after_reached:
            reached = room.members[socket].last_sequence
            if happened.sequence != reached + 1:
                return actions + self._heal([socket], room_id, room, reached)
            actions += self._tell([socket], room_id, happened)
            if socket not in room.members:  # that event was the removal
                break
            room.members[socket] = RoomPosition(happened.sequence, waiting.version)
        return actions

    def _turned_down(self, socket: Socket, room_id: str, waiting: Waiting, problem: Problem) -> list[Action[Socket]]:
        if not waiting.begun:
            return self._refuse(socket, room_id, waiting, problem)
        reason = REMOVED if problem.code in (Code.FORBIDDEN, Code.NOT_FOUND) else MISSED
        return self._end([socket], room_id, waiting.reached, reason)

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
        happened = news(event)
        actions: list[Action[Socket]] = []
        if event.sequence != room.seen + 1:
            # The first event since somebody is here leaves `seen` behind too, and is no hole for who joined just
            # before it.
            owed = [s for s, start in room.members.items() if max(start.last_sequence, room.seen) < event.sequence - 1]
            actions += self._heal(owed, event.room_id, room, room.seen)
        room.seen = event.sequence
        for waiting in room.waiting.values():
            waiting.keep(happened, self.limits)
        receivers = [socket for socket, start in room.members.items() if start.last_sequence < event.sequence]
        return actions + self._tell(receivers, event.room_id, happened)

    def _heal(self, owed: list[Socket], room_id: str, room: Room[Socket], reached: int) -> list[Action[Socket]]:
        """Fetch from chat's log what change capture did not bring; until it is there, what happens is kept."""
        actions: list[Action[Socket]] = []
        self.holes += bool(owed)
        for socket in owed:
            start = room.members.pop(socket)
            attempt = next(self._attempts)
            place = max(reached, start.last_sequence)
            room.waiting[socket] = Waiting(
                attempt, room_id, begun=True, reached=place, version=start.membership_version, answers_owed=0
            )
            actions.append(AskToJoin(socket, room_id, attempt, place))
        return actions

    def _tell(self, sockets: list[Socket], room_id: str, happened: News) -> list[Action[Socket]]:
        """Deliver an event to those who are to have it, and end the memberships it ends."""
        if not sockets:
            return []
        actions: list[Action[Socket]] = [Deliver(happened.frame, sockets)]
        if happened.removed is not None:
            gone = [socket for socket in sockets if self._is_removed(socket, room_id, happened)]
            actions += self._end(gone, room_id, happened.sequence, REMOVED)
        return actions

    def _is_removed(self, socket: Socket, room_id: str, happened: News) -> bool:
        """Whether an event ends this membership; a removal before the version it began at was followed by a return."""
        start = self._rooms[room_id].members[socket]
        return (
            self._sockets[socket].access.account_id == happened.removed and happened.sequence > start.membership_version
        )

    # Joins.

    def _join(self, socket: Socket, connected: _Connected, room_id: str, wish: frames.JoinRoom) -> list[Action[Socket]]:
        room = self._rooms.get(room_id) or Room[Socket]()
        start = room.members.get(socket)
        if start is not None:
            return [Deliver(frames.joined(room_id, start.last_sequence, start.membership_version), [socket])]
        waiting = room.waiting.get(socket)
        if waiting is not None and waiting.begun:
            return [self._joined(socket, room_id, waiting)]
        if waiting is not None:
            waiting.answers_owed += 1
            return []
        if len(connected.rooms) >= self.limits.rooms_max:
            message = f"This socket is in {self.limits.rooms_max} rooms, the most there may be; leave one first"
            return [Deliver(frames.error(Problem(Code.RESOURCE_EXHAUSTED, message), room_id), [socket])]
        attempt = next(self._attempts)
        self._rooms[room_id] = room
        room.waiting[socket] = Waiting(attempt, wish.name, wish.after)
        connected.rooms.add(room_id)
        return [AskToJoin(socket, room_id, attempt, wish.after)]

    def _refuse(self, socket: Socket, room_id: str, waiting: Waiting, problem: Problem) -> list[Action[Socket]]:
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


def _discard(index: dict[Key, set[Socket]], key: Key, socket: Socket) -> None:
    index[key].discard(socket)
    if not index[key]:
        del index[key]
