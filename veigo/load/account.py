"""One person's account under gevent: what ``veigo.client.session`` is to asyncio, without the socket.

Every step is written down as an operation, whatever its ending, and told to Locust: a send with the time since it was
meant, everything else with the time it took.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import msgspec

from veigo.client.answers import page_was_read, room_was_made
from veigo.client.documents import (
    ADD_MEMBERS,
    CREATE_MESSAGE,
    CREATE_ROOM,
    LIST_MESSAGES,
    REFRESH,
    SIGN_IN,
    SIGN_OUT,
    SIGN_UP,
    UPDATE_MESSAGE,
    CreateMessageData,
    CreateRoomData,
    Done,
    ListMessagesData,
    RefreshData,
    SignInData,
    SignUpData,
)
from veigo.history import Operation, Record, now
from veigo.load.door import Door
from veigo.outcome import code_of, outcome_of
from veigo.telemetry.trace_ids import traceparent

TOKEN_FRESH_S = 600.0  # an access token is good for a quarter of an hour; who stays longer gets a new one in time

Data = TypeVar("Data", bound=msgspec.Struct)


class Journal(Protocol):
    """Where operations and frames are written down, and told to Locust."""

    def append(self, record: Record) -> None:
        """Write one down."""

    def tell(self, kind: str, name: str, took_ms: float, length: int, error: BaseException | None) -> None:
        """Tell Locust of a request that has ended."""


class Account:
    """Somebody's account, and the token they have."""

    def __init__(self, name: str, door: Door, journal: Journal) -> None:
        self.name = name
        self.id = ""
        self.access = ""
        self._refresh = ""
        self.token_ns = 0  # when it was given, by this process's monotonic clock
        self._refreshing = False
        self._door = door
        self._journal = journal

    def resume(self, account: str, access: str, refresh: str, token_ns: int) -> None:
        """Be somebody who has signed up before, and was given a token then."""
        self.id = account
        self._keep(access, refresh, token_ns)

    @property
    def refresh_token(self) -> str:
        """What a new token can be had for, once."""
        return self._refresh

    def sign_up(self, email: str, password: str, client_id: str) -> Operation:
        """Make an account and a profile, and keep the token."""
        operation = Operation("sign_up", user=self.name, content=self.name)

        def perform() -> None:
            variables = {"name": self.name, "email": email, "password": password, "clientId": client_id}
            data = self._door.execute(SIGN_UP, variables, SignUpData)
            self.id = operation.user = data.signed_up.account.id
            self._keep(data.signed_up.token.access, data.signed_up.token.refresh)

        return self._carry_out(operation, "SignUpAndCreateProfile", perform)

    def sign_in(self, email: str, password: str, client_id: str) -> Operation:
        """Open a session, and keep its token."""

        def perform() -> None:
            variables = {"email": email, "password": password, "clientId": client_id}
            token = self._door.execute(SIGN_IN, variables, SignInData).signed_in.token
            self._keep(token.access, token.refresh)

        return self._carry_out(Operation("sign_in", self.id), "SignIn", perform)

    def sign_out(self) -> Operation:
        """End the session; its token and sockets are worth nothing from the answer on."""
        return self._do(Operation("sign_out", self.id), "SignOut", SIGN_OUT)

    def keep_token_fresh(self) -> None:
        """Trade the token for a new one when it is old."""
        if self._refreshing or now()[0] - self.token_ns < TOKEN_FRESH_S * 1e9:
            return
        self._refreshing = True

        def perform() -> None:
            token = self._door.execute(REFRESH, {"token": self._refresh}, RefreshData).token
            self._keep(token.access, token.refresh)

        try:
            self._carry_out(Operation("refresh_token", self.id), "RefreshToken", perform)
        finally:
            self._refreshing = False

    def create_room(self, name: str, members: list[str]) -> Operation:
        """Make a room with others; the operation's `room` is its id and its `members` are everybody in it."""
        operation = Operation("create_room", self.id, content=name)

        def perform() -> None:
            asked = {"name": name, "members": members}
            room_was_made(operation, self._ask(CREATE_ROOM, asked, CreateRoomData))

        return self._carry_out(operation, "CreateRoom", perform)

    def add_members(self, room: str, members: list[str]) -> Operation:
        """Let people into a room."""
        operation = Operation("add_members", self.id, room=room, members=members)
        return self._do(operation, "AddMembersToRoom", ADD_MEMBERS, roomId=room, members=members)

    def send(self, room: str, content: str, message_id: str, intended_ns: int) -> Operation:
        """Say something in a room, under an id that tells when it was meant to be said."""
        operation = Operation(
            "send", self.id, room=room, message_id=message_id, content=content, intended_ns=intended_ns
        )

        def perform() -> None:
            variables = {"roomId": room, "content": content, "messageId": message_id}
            sent = self._ask(CREATE_MESSAGE, variables, CreateMessageData, traceparent(message_id))
            operation.sequence = sent.created.sequence

        return self._carry_out(operation, "CreateMessage", perform)

    def edit(self, room: str, message_id: str, content: str) -> Operation:
        """Replace what a message of one's own says."""
        operation = Operation("edit", self.id, room=room, message_id=message_id, content=content)
        variables = {"roomId": room, "messageId": message_id, "content": content}
        return self._do(operation, "UpdateMessage", UPDATE_MESSAGE, **variables)

    def read(self, room: str) -> Operation:
        """Read a room's newest page of messages."""
        operation = Operation("read", self.id, room=room)

        def perform() -> None:
            page_was_read(operation, self._ask(LIST_MESSAGES, {"roomId": room}, ListMessagesData))

        return self._carry_out(operation, "ListMessages", perform)

    def _keep(self, access: str, refresh: str, token_ns: int | None = None) -> None:
        self.access, self._refresh = access, refresh
        self.token_ns = now()[0] if token_ns is None else token_ns

    def _ask(self, document: str, variables: dict[str, Any], into: type[Data], traceparent: str | None = None) -> Data:
        return self._door.execute(document, variables, into, self.access, traceparent)

    def _do(self, operation: Operation, name: str, document: str, **variables: Any) -> Operation:  # noqa: ANN401 - JSON
        def perform() -> None:
            self._ask(document, variables, Done)

        return self._carry_out(operation, name, perform)

    def _carry_out(self, operation: Operation, name: str, perform: Callable[[], None]) -> Operation:
        operation.started_ns, operation.started_us = now()
        error: BaseException | None = None
        try:
            perform()
        except BaseException as broken:
            # However it ended, it ended, and outcome_of says how; only what ends the greenlet goes on.
            error = broken
            operation.code, operation.error = code_of(broken), f"{type(broken).__name__}: {broken}"
            if not isinstance(broken, Exception):
                raise
        finally:
            operation.outcome = outcome_of(error)
            operation.ended_ns, _ = now()
            self._journal.append(operation)
            began_ns = operation.intended_ns or operation.started_ns
            self._journal.tell("GraphQL", name, (operation.ended_ns - began_ns) / 1e6, 0, error)
        return operation
