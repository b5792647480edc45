"""`Stage` plays the edge to the rules: it takes the actions of every call and keeps what each socket was sent."""

from collections import defaultdict

import msgspec

from services.access_tokens import AccessToken
from services.problems import Problem
from services.realtime.actions import Action, AskToJoin, Deliver, Limits
from services.realtime.records import RoomEvent
from services.realtime.room import LogPage, RoomPosition
from services.realtime.subscriptions import Subscriptions

ROOM = "0198c0de-0000-7000-8000-000000000001"
NOW_S = 1_000.0
EXPIRES_S = NOW_S + 900


class Stage:
    """Plays the edge to a set of rules."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.rules: Subscriptions[str] = Subscriptions(limits or Limits())
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.asked: dict[tuple[str, str], int] = {}
        self.asked_after: dict[tuple[str, str], int | None] = {}
        self.closed: dict[str, int] = {}

    def obey(self, actions: list[Action[str]]) -> None:
        for action in actions:
            if isinstance(action, Deliver):
                for socket in action.sockets:
                    self.sent[socket].append(told(action.frame))
            elif isinstance(action, AskToJoin):
                self.asked[action.socket, action.room_id] = action.attempt
                self.asked_after[action.socket, action.room_id] = action.after
            else:
                self.closed[action.socket] = int(action.code)

    def connect(self, *sockets: str, account: str | None = None, session: str | None = None) -> None:
        for socket in sockets:
            access = AccessToken(account or f"account of {socket}", session or f"session of {socket}", 1, EXPIRES_S)
            self.obey(self.rules.opened(socket, access, NOW_S))

    def say(self, socket: str, kind: str, room: str = ROOM, now_s: float = NOW_S, after: int | None = None) -> None:
        wish = {"name": room} | ({} if after is None else {"after": after})
        text = msgspec.json.encode({"type": kind, "payload": [wish]}).decode()
        self.obey(self.rules.received(socket, text, now_s))

    def answer(self, socket: str, answer: RoomPosition | LogPage | Problem, room: str = ROOM) -> None:
        self.obey(self.rules.answered(socket, room, self.asked[socket, room], answer))

    def join(self, *sockets: str, at: int = 1, version: int = 1, room: str = ROOM) -> None:
        for socket in sockets:
            self.say(socket, "JOIN_ROOM", room)
            self.answer(socket, RoomPosition(at, version), room)

    def happen(
        self, *sequences: int, kind: str = "message.created", payload: str | None = None, room: str = ROOM
    ) -> None:
        for sequence in sequences:
            text = payload or msgspec.json.encode({"id": "m", "senderId": "a", "content": "hi"}).decode()
            self.obey(self.rules.apply(RoomEvent(room, sequence, kind, text, "t")))

    def page(self, *sequences: int, last: int, version: int = 1, horizon: int = 0, room: str = ROOM) -> LogPage:
        """Return a part of a log that holds messages only."""
        text = msgspec.json.encode({"id": "m", "senderId": "a", "content": "hi"}).decode()
        events = tuple(RoomEvent(room, sequence, "message.created", text, "t") for sequence in sequences)
        return LogPage(RoomPosition(last, version), horizon, events)

    def remove(self, account: str, sequence: int) -> None:
        self.happen(sequence, kind="member.removed", payload=f'{{"memberId":"{account}"}}')


def told(frame: bytes) -> str:
    """Return a frame as a few words: what was told, and the place in the log or the reason."""
    decoded = msgspec.json.decode(frame)
    payload = decoded["payload"][0]
    words = {"LEFT": "reason", "ERROR": "code"}.get(decoded["type"], "sequence")
    return f"{decoded['type']} {payload.get(words, '')}".strip()
