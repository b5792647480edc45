"""Virtual people: Locust users for this stack's two doors, and one who lives a whole evening through both.

`GraphQLUser` has an account, `SocketUser` a socket beside it that goes on where it was cut, and `Person` plays a scene.
Who wants people of their own subclasses one of them. Everything is written into the run's history and told to Locust;
a message that is received has a request type of its own, with the time since it was *meant* to be sent.
"""

import random
from typing import TYPE_CHECKING

import gevent
from gevent.event import Event
from gevent.pool import Group
from locust import User, task

from veigo.client.places import Asked, GapError, Places
from veigo.client.socket import frame_of
from veigo.history import Operation, SocketEvent, now
from veigo.load.account import Account
from veigo.load.intended_ids import id_for, intended_us
from veigo.load.rhythm import Act, Doing, acts
from veigo.load.roles import PASSWORD, Role
from veigo.load.stage import stage_of
from veigo.load.wire import CUT_SHORT, Wire
from veigo.outcome import Outcome, Refused, code_of

if TYPE_CHECKING:
    from veigo.load.troupe import Troupe

ROLE_WITHIN_S = 600.0  # making ten thousand accounts takes its time
JOIN_AGAIN_AFTER_S = 1.0
FIRST_PAUSE_S, PAUSE_S_MAX = 0.1, 2.0  # before connecting again: doubles, with full jitter, as people's clients do
JOINED_WITHIN_S = 30.0
HUNG_UP_WITHIN_S = 2.0
STAY_S = 3600.0
DONE_WITHIN_S = 5.0  # what is under way when somebody goes


class GraphQLUser(User):
    """Somebody with an account, who asks for things."""

    abstract = True
    account: Account

    def on_start(self) -> None:
        """Take up a role."""
        self.take_role()

    def take_role(self) -> Role | None:
        """Be somebody of the scene; None when everybody is there already."""
        self.stage = stage_of(self.environment)
        assert self.stage.troupe is not None
        self.troupe: Troupe = self.stage.troupe
        self.role = self.troupe.role(ROLE_WITHIN_S)
        if self.role is not None:
            self.account = Account(self.role.name, self.troupe.door, self.troupe)
            signed_up_ns = self.troupe.here_ns(self.role.signed_up_ns)
            self.account.resume(self.role.account, self.role.access, self.role.refresh, signed_up_ns)
        return self.role

    def sign_in(self) -> None:
        """Sign in with the role's password."""
        assert self.role is not None
        self.account.sign_in(self.role.email, PASSWORD, "load")


class SocketUser(GraphQLUser):
    """Somebody who listens too: one socket in all their rooms, which goes on where it was cut."""

    abstract = True

    def on_start(self) -> None:
        """Take up a role, and listen."""
        super().on_start()
        if self.role is not None:
            self.listen()

    def listen(self) -> None:
        """Open the socket, and come back from every cut, until `hang_up`; returns when every room is joined."""
        assert self.role is not None
        self.places = Places()
        for room in self.role.rooms:
            self.places.want(room, self.role.after.get(room))
        self._leaving = False  # of their own accord
        self._going = False  # signed out, and waiting to be shown out
        self._wire: Wire | None = None
        self._socket = 0
        self._arrival = Operation("connect", self.account.id)
        self._arrival.started_ns, self._arrival.started_us = now()
        self._under_way = True
        self._joined = Event()
        self._listening = gevent.spawn(self._listen)
        self.troupe.people.add(self)
        self._joined.wait(JOINED_WITHIN_S)

    def cut(self) -> None:
        """Lose the connection, as in a tunnel."""
        if self._wire is not None:
            self._wire.cut()

    def hang_up(self) -> None:
        """Close the socket for good, and wait until its last frame is taken down."""
        self._leaving = True
        if self._wire is not None:
            self._wire.close()
        self._listening.join(timeout=HUNG_UP_WITHIN_S)
        self._listening.kill()
        if self._under_way:
            self._arrival.error = self._arrival.error or "CancelledError: the run was over"
            self._end_arrival(Outcome.UNKNOWN)
        self.troupe.people.discard(self)

    def has_heard(self, rooms: dict[str, int]) -> bool:
        """Whether they have all that was acknowledged in their rooms, up to these sequences."""
        return all(
            (self.places.last(room) or 0) >= rooms.get(room, 0)
            for room in (self.role.rooms if self.role else ())
            if self.places.is_wanted(room)
        )

    def _listen(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._leaving and not self._going:
            try:
                self.account.keep_token_fresh()
                self._wire = Wire.open(self.troupe.door.gateway, self.account.access)
            except (OSError, Refused, gevent.Timeout) as error:
                self._arrival.error = f"{type(error).__name__}: {error}"
                self._arrival.code = code_of(error)
                self.troupe.tell("WebSocket", "handshake refused", 0, 0, error)
                gevent.sleep(random.uniform(0, pause_s))  # noqa: S311 - jitter
                pause_s = min(pause_s * 2, PAUSE_S_MAX)
                continue
            pause_s = FIRST_PAUSE_S
            self._socket = self.troupe.socket_number()
            self._note("opened")
            for join in self.places.joins():
                self._wire.send(join)
            self._read(self._wire)
            self._lost()

    def _read(self, wire: Wire) -> None:
        for text in wire.texts():
            at_ns, at_us = now()
            frame = frame_of(text, self.account.id, self._socket, at_ns, at_us)
            self.troupe.append(frame)
            if frame.type == "MESSAGE":
                self._tell_delivery(frame.message_id, at_ns, len(text))
            try:
                told = self.places.take(text)
            except GapError:
                wire.cut()  # another connection, asked to resume, has what is missing
                continue
            if isinstance(told, Asked):
                gevent.spawn_later(0 if told.soon else JOIN_AGAIN_AFTER_S, self._join, told.room)
            if self._under_way and all(self.places.is_joined(room) for room in self.places_wanted()):
                self._arrived()

    def places_wanted(self) -> list[str]:
        """The rooms they are in, or are to be."""
        return [room for room in (self.role.rooms if self.role else ()) if self.places.is_wanted(room)]

    def _join(self, room: str) -> None:
        if self._wire is not None and self.places.is_wanted(room) and not self.places.is_joined(room):
            self._wire.send(self.places.join(room))

    def _tell_delivery(self, message_id: str | None, at_ns: int, length: int) -> None:
        meant_us = intended_us(message_id or "")
        if meant_us is not None:
            took_ms = (self.troupe.wall_us(at_ns) - meant_us) / 1000
            self.troupe.tell("Delivery", "message received", took_ms, length, None)

    def _arrived(self) -> None:
        self._under_way = False
        self._end_arrival(Outcome.OK)
        self._joined.set()

    def _lost(self) -> None:
        """The socket has ended: take it down, and begin to come back if that was not wanted."""
        wire, self._wire = self._wire, None
        code, reason = wire.ended if wire is not None else (CUT_SHORT, "")
        self._note("closed", code, reason)
        self.places.disconnected()
        if not (self._leaving or self._going or self._under_way):
            self._arrival = Operation("resume", self.account.id)
            self._arrival.started_ns, self._arrival.started_us = now()
            self._under_way = True

    def _end_arrival(self, outcome: Outcome) -> None:
        arrival = self._arrival
        arrival.outcome = outcome
        arrival.ended_ns, _ = now()
        self.troupe.append(arrival)
        took_ms = (arrival.ended_ns - arrival.started_ns) / 1e6
        self.troupe.tell("WebSocket", arrival.name, took_ms, 0, None)

    def _note(self, event: str, code: int | None = None, reason: str | None = None) -> None:
        at_ns, at_us = now()
        self.troupe.append(
            SocketEvent(
                event, self.account.id, self._socket, at_ns, at_us, ours=self._leaving, code=code, reason=reason
            )
        )


class Person(SocketUser):
    """Somebody who plays the scene: comes, signs in, listens, thinks, types, sends, edits, reads, and goes."""

    abstract = True

    def on_start(self) -> None:
        """Come: take up a role, sign in, join the rooms."""
        self.role = None
        self._doing = Group()
        if self.take_role() is None:
            return
        assert self.role is not None
        if self.stage.whole.signs_in or self.role.returning:
            self.sign_in()
        self.listen()

    @task
    def live(self) -> None:
        """Do what is drawn for them at its times, until the talk is over."""
        if self.role is None or not self.role.speaks_in:
            self._stay()
            return
        role = self.role
        scene = self.stage.whole.scaled(role.people, role.seconds)
        rng = random.Random(f"{role.seed} {role.number} {role.returning}")  # noqa: S311 - not a secret
        came_ns = now()[0]
        came_s = (came_ns - self.troupe.here_ns(role.talk_began_ns)) / 1e9
        newest: dict[str, str] = {}
        for act in acts(scene.rhythm, rng, lambda at_s: scene.pace((came_s + at_s) / role.seconds)):
            at_ns = came_ns + round(act.at_s * 1e9)
            left_s = (at_ns - now()[0]) / 1e9
            if left_s > 0:
                gevent.sleep(left_s)
            if self.troupe.ends_ns and at_ns >= self.troupe.ends_ns:
                break
            self.troupe.heartbeat.began(at_ns)
            self._doing.add(
                self.troupe.acts.spawn(self._do, act, at_ns, rng.choice(role.speaks_in), rng.getrandbits(62), newest)
            )
        self._stay()

    def _stay(self) -> None:
        """Be there, until Locust ends it."""
        while True:
            gevent.sleep(STAY_S)

    def on_stop(self) -> None:
        """Go: sign out and let somebody else have the role, unless it is all over."""
        if self.role is None or self not in self.troupe.people:
            return
        gevent.joinall(list(self._doing), timeout=DONE_WITHIN_S)
        self._going = True
        self.account.sign_out()
        self._listening.join(timeout=HUNG_UP_WITHIN_S)  # the stack closes the socket of whoever has signed out
        self.hang_up()
        after = {room: last for room in self.role.rooms if (last := self.places.last(room)) is not None}
        self.troupe.give_back(self.role.number, after)

    def _do(self, act: Act, at_ns: int, room: str, bits: int, newest: dict[str, str]) -> None:
        self.account.keep_token_fresh()
        match act.doing:
            case Doing.SEND:
                message_id = id_for(self.troupe.wall_us(at_ns), random.Random(bits))  # noqa: S311 - not a secret
                sent = self.account.send(room, act.content, message_id, at_ns)
                if sent.outcome is Outcome.OK:
                    newest[room] = message_id
            case Doing.EDIT if room in newest:
                self.account.edit(room, newest.pop(room), act.content)
            case Doing.READ:
                self.account.read(room)
            case Doing.CUT:
                self.cut()
