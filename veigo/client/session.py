"""A user: one object that signs up, makes rooms, talks, reads and listens, and has every step written down.

Each method returns the operation as recorded, whatever its ending; nothing is raised for a refusal or a broken
connection, because to the history those are endings like any other. Only `must` turns a bad ending into an error, for
the steps without which a workload has no sense.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from veigo.client.answers import page_was_read, room_was_made
from veigo.client.documents import (
    ADD_MEMBERS,
    CREATE_MESSAGE,
    CREATE_ROOM,
    DELETE_MESSAGE,
    LEAVE_ROOM,
    LIST_MESSAGES,
    REMOVE_MEMBER,
    SIGN_OUT,
    SIGN_UP,
    UPDATE_MESSAGE,
    CreateMessageData,
    CreateRoomData,
    Done,
    ListMessagesData,
    SignUpData,
)
from veigo.client.graphql import GraphQL
from veigo.client.socket import Socket
from veigo.history import Frame, History, Operation, now
from veigo.outcome import Outcome, code_of, is_refusal, outcome_of
from veigo.telemetry.trace_ids import traceparent

Data = TypeVar("Data", bound=msgspec.Struct)


RETRY_AFTER_S = 0.25  # before the second attempt of one send; doubles, as hundreds of users retry at once
RETRY_AFTER_S_MAX = 2.0


class StepFailed(Exception):  # noqa: N818 - the step failed; the message says what to do
    """A step that the rest of a workload stands on did not end well."""


class User:
    """One person with one account and one socket."""

    def __init__(
        self, name: str, base_url: str, graphql: GraphQL, history: History, on_frame: Callable[[Frame], None]
    ) -> None:
        self.name = name
        self.id = ""
        self._base_url = base_url
        self._graphql = graphql
        self._history = history
        self._on_frame = on_frame
        self._token = ""
        self._socket: Socket | None = None

    @property
    def token(self) -> str:
        """The access token, once signed up."""
        return self._token

    async def sign_up(self, email: str, password: str, client_id: str) -> Operation:
        """Make an account and a profile, and keep the token."""
        operation = Operation("sign_up", user=self.name, content=self.name)

        async def perform() -> None:
            variables = {"name": self.name, "email": email, "password": password, "clientId": client_id}
            data = await self._graphql.execute(SIGN_UP, variables, SignUpData)
            self.id = operation.user = data.signed_up.account.id
            self._token = data.signed_up.token.access

        return await self._carry_out(operation, perform)

    async def create_room(self, name: str, members: list[str]) -> Operation:
        """Make a room with others; the operation's `room` is its id and its `members` are everybody in it."""
        operation = Operation("create_room", user=self.id, content=name)

        async def perform() -> None:
            asked = {"name": name, "members": members}
            room_was_made(operation, await self._ask(CREATE_ROOM, asked, CreateRoomData))

        return await self._carry_out(operation, perform)

    async def send(
        self,
        room: str,
        content: str,
        message_id: str,
        *,
        intended_ns: int | None = None,
        expected: Outcome = Outcome.OK,
        attempts: int = 1,
    ) -> Operation:
        """Say something in a room, under an id chosen here so that a send of unknown ending can be found again.

        With several `attempts` one that was not answered is made again under the same id, which the stack takes for
        the same message. The operation ends as the last of them, but never surer than the least sure.
        """
        operation = Operation(
            "send", self.id, expected, room=room, message_id=message_id, content=content, intended_ns=intended_ns
        )

        async def perform() -> None:
            variables = {"roomId": room, "content": content, "messageId": message_id}
            doubt: Exception | None = None  # an attempt that may have counted, whatever became of the later ones
            for attempt in range(1, attempts + 1):
                try:
                    sent = await self._ask(CREATE_MESSAGE, variables, CreateMessageData, traceparent(message_id))
                except Exception as error:
                    doubt = error if outcome_of(error) is Outcome.UNKNOWN else doubt
                    if attempt == attempts or is_refusal(error):
                        raise doubt or error from error
                    await asyncio.sleep(min(RETRY_AFTER_S * 2 ** (attempt - 1), RETRY_AFTER_S_MAX))
                else:
                    operation.sequence = sent.created.sequence
                    return

        return await self._carry_out(operation, perform)

    async def read(self, room: str, *, expected: Outcome = Outcome.OK) -> Operation:
        """Read a room's newest page of messages."""
        operation = Operation("read", self.id, expected, room=room)

        async def perform() -> None:
            page_was_read(operation, await self._ask(LIST_MESSAGES, {"roomId": room}, ListMessagesData))

        return await self._carry_out(operation, perform)

    async def edit(self, room: str, message_id: str, content: str, *, expected: Outcome = Outcome.OK) -> Operation:
        """Replace what a message of one's own says."""
        operation = Operation("edit", self.id, expected, room=room, message_id=message_id, content=content)
        return await self._do(operation, UPDATE_MESSAGE, roomId=room, messageId=message_id, content=content)

    async def delete(self, room: str, message_id: str, *, expected: Outcome = Outcome.OK) -> Operation:
        """Delete a message of one's own."""
        operation = Operation("delete", self.id, expected, room=room, message_id=message_id)
        return await self._do(operation, DELETE_MESSAGE, roomId=room, messageId=message_id)

    async def add_members(self, room: str, members: list[str], *, expected: Outcome = Outcome.OK) -> Operation:
        """Let people into a room."""
        operation = Operation("add_members", self.id, expected, room=room, members=members)
        return await self._do(operation, ADD_MEMBERS, roomId=room, members=members)

    async def remove_member(self, room: str, member: str, *, expected: Outcome = Outcome.OK) -> Operation:
        """Put somebody out of a room."""
        operation = Operation("remove_member", self.id, expected, room=room, member=member)
        return await self._do(operation, REMOVE_MEMBER, roomId=room, member=member)

    async def leave_room(self, room: str, *, expected: Outcome = Outcome.OK) -> Operation:
        """Stop being a member of a room."""
        operation = Operation("leave_room", self.id, expected, room=room, member=self.id)
        return await self._do(operation, LEAVE_ROOM, roomId=room)

    async def sign_out(self) -> Operation:
        """End the session. The token and every socket opened with it are worth nothing from the answer on."""
        return await self._do(Operation("sign_out", self.id), SIGN_OUT)

    async def connect(self) -> Operation:
        """Open the user's socket, in place of the one there was."""

        async def perform() -> None:
            await self.leave()
            self._socket = await Socket.open(self._base_url, self.id, self._token, self._history, self._on_frame)

        return await self._carry_out(Operation("connect", self.id), perform)

    async def join(self, room: str, *, after: int | None = None, expected: Outcome = Outcome.OK) -> Operation:
        """Join a room on the user's socket, or resume it after a sequence; the operation's is where it goes on."""
        operation = Operation("join", self.id, expected, room=room, after=after)

        async def perform() -> None:
            if self._socket is None:
                message = f"{self.name} has no socket; call connect() first"
                raise RuntimeError(message)
            operation.sequence = (await self._socket.join(room, after)).sequence

        return await self._carry_out(operation, perform)

    async def leave(self) -> None:
        """Close the socket, if there is one."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    async def _do(self, operation: Operation, document: str, **variables: Any) -> Operation:  # noqa: ANN401 - JSON
        """Ask for something whose answer is a yes or a no."""

        async def perform() -> None:
            await self._ask(document, variables, Done)

        return await self._carry_out(operation, perform)

    async def _ask(
        self, document: str, variables: dict[str, Any], into: type[Data], traceparent: str | None = None
    ) -> Data:
        return await self._graphql.execute(document, variables, into, self._token, traceparent)

    async def _carry_out(self, operation: Operation, perform: Callable[[], Awaitable[None]]) -> Operation:
        operation.started_ns, operation.started_us = now()
        self._history.begin(operation)
        try:
            await perform()
        except (Exception, asyncio.CancelledError) as error:
            # However it ended, it ended, and outcome_of says how; only a cancellation goes on.
            operation.outcome = outcome_of(error)
            operation.code = code_of(error)
            operation.error = f"{type(error).__name__}: {error}"
            if isinstance(error, asyncio.CancelledError):
                raise
        else:
            operation.outcome = Outcome.OK
        finally:
            operation.ended_ns, _ = now()
            self._history.end(operation)
        return operation


def must(operation: Operation) -> Operation:
    """Return the operation if it went well.

    Raises:
        StepFailed: it did not, and the workload cannot go on without it.
    """
    if operation.outcome is not Outcome.OK:
        message = (
            f"{operation.name} by {operation.content or operation.user} ended {operation.outcome}: {operation.error}"
        )
        raise StepFailed(message)
    return operation
