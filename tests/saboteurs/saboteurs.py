"""Go-betweens that break one promise each, and those who meddle with what is stored; each has its checkers."""

import json
import uuid
from typing import Any, ClassVar

from saboteurs.relay import CUT, Asked, Listener, Relay
from stack import mongo, postgres, rest
from veigo.stack.stack import Stack

Frame = dict[str, Any]


class Saboteur(Relay):
    """One that a checker has to convict."""

    convicted_by: ClassVar[tuple[str, ...]]
    count = 0  # of messages that came by, or pages


def _is_message(frame: Frame) -> bool:
    return frame["type"] == "MESSAGE"


def _says(frame: Frame) -> str:
    return str(frame["payload"][0]["content"]["content"]) if _is_message(frame) else ""


def _changed(frame: Frame, **changed: object) -> Frame:
    return frame | {"payload": [frame["payload"][0] | changed]}


class Drops(Saboteur):
    """Drops every seventh message on its way to a socket."""

    convicted_by = ("NoAcknowledgedMessageLost",)

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        self.count += _is_message(frame)
        return [] if _is_message(frame) and self.count % 7 == 0 else [frame]


class Repeats(Saboteur):
    """Sends every fifth message twice."""

    convicted_by = ("DeliveredOnce", "DuplicatesOnTheWire")

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        self.count += _is_message(frame)
        return [frame, frame] if _is_message(frame) and self.count % 5 == 0 else [frame]


class Reorders(Saboteur):
    """Holds some messages back until the next one has gone out."""

    convicted_by = ("OrderOnEverySocket",)

    def __init__(self, gateway: str) -> None:
        super().__init__(gateway)
        self.held: dict[Listener, Frame] = {}

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        if _says(frame) in {"line 3", "line 8"}:
            self.held[listener] = frame
            return []
        return [frame, self.held.pop(listener)] if listener in self.held else [frame]


class Alters(Saboteur):
    """Corrects people's spelling."""

    convicted_by = ("NoPhantom",)

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        if _says(frame) != "line 4":
            return [frame]
        return [_changed(frame, content=frame["payload"][0]["content"] | {"content": "Line 4."})]


class Invents(Saboteur):
    """Passes on a message whose sender was refused."""

    convicted_by = ("NoPhantom",)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        answer = await asked.forward()
        if asked.variables.get("content") == "let me in":
            words = {"senderId": "eve", "content": "let me in"}
            message = {"id": asked.variables["messageId"], "content": words, "sequence": 1}
            for listener in self.listeners:
                await listener.send({"type": "MESSAGE", "payload": [message | {"roomId": asked.variables["roomId"]}]})
        return answer


class Leaks(Saboteur):
    """Gives everybody every message."""

    convicted_by = ("NothingLeaked",)

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        if _says(frame) == "line 6":
            for other in self.listeners:
                if frame["payload"][0]["roomId"] not in other.rooms:
                    await other.send(frame)
        return [frame]


class OpensTheDoor(Saboteur):
    """Lets anybody read."""

    convicted_by = ("RefusedStayedRefused", "NothingAfterRemoval")

    async def answer(self, asked: Asked) -> dict[str, Any]:
        answer = await asked.forward()
        if asked.name == "ListMessages" and answer.get("errors"):
            return {"data": {"ListMessages": {"records": [], "metadata": {"hasMore": True}}}}
        return answer


class AcknowledgesTooEarly(Saboteur):
    """Says "stored" and stores nothing, every now and then."""

    convicted_by = ("NoAcknowledgedMessageLost",)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        if asked.variables.get("content") == "line 9":
            place = {"id": asked.variables["messageId"], "sequence": 4_000}
            return {"data": {"CreateMessage": place}}
        return await asked.forward()


class Renumbers(Saboteur):
    """Tells senders another place than the one their message has."""

    convicted_by = ("SequencesAgree",)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        answer = await asked.forward()
        if asked.variables.get("content") == "line 10":
            answer["data"]["CreateMessage"]["sequence"] += 1_000
        return answer


class Backdates(Saboteur):
    """Tells a sender a place before messages that were acknowledged already."""

    convicted_by = ("RealTimeOrder",)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        answer = await asked.forward()
        if asked.variables.get("content") == "line 11":
            answer["data"]["CreateMessage"]["sequence"] -= 5
        return answer


class StoresTwice(Saboteur):
    """Stores a message twice, under two sequences, and shows both as the one it is."""

    convicted_by = ("OneMessagePerId",)

    def __init__(self, gateway: str) -> None:
        super().__init__(gateway)
        self.same: dict[str, str] = {}

    async def answer(self, asked: Asked) -> dict[str, Any]:
        if asked.variables.get("content") == "line 12":
            again = str(uuid.uuid4())
            self.same[again] = asked.variables["messageId"]
            await asked.forward(messageId=again)
        return await asked.forward()

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        message_id = frame["payload"][0].get("id")
        return [_changed(frame, id=self.same[message_id]) if message_id in self.same else frame]


class TellsSome(Saboteur):
    """Keeps from one member what its sender does not know about."""

    convicted_by = ("UnknownSendsAllOrNone",)

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        return [] if _says(frame).startswith(CUT) and listener is self.listeners[0] else [frame]


class ResumesWithAGap(Saboteur):
    """Resumes one event too late."""

    convicted_by = ("ResumedWithoutGap",)

    def wish(self, wish: dict[str, Any]) -> dict[str, Any]:
        return wish | ({"after": wish["after"] + 1} if "after" in wish else {})


class ResumesTooEarly(Saboteur):
    """Resumes one event too early, so that it comes again."""

    convicted_by = ("ResumedWithoutGap",)

    def wish(self, wish: dict[str, Any]) -> dict[str, Any]:
        return wish | ({"after": wish["after"] - 1} if "after" in wish else {})


class Unshows(Saboteur):
    """Leaves a message out of later pages."""

    convicted_by = ("NeverUnshown",)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        answer = await asked.forward()
        if asked.name == "ListMessages" and answer.get("data"):
            self.count += 1
            if self.count > 1:
                page = answer["data"]["ListMessages"]
                page["records"] = [record for record in page["records"] if record["content"] != "line 2"]
        return answer


class TellsFormerMembers(Saboteur):
    """Goes on telling somebody who was removed."""

    convicted_by = ("NothingAfterRemoval",)

    async def frames(self, listener: Listener, frame: Frame) -> list[Frame]:
        if _says(frame).startswith("without Cid"):
            for other in self.listeners:
                if any(sent["type"] == "LEFT" for sent in other.sent):
                    await other.send(frame)
        return [frame]


class KeepsSockets(Saboteur):
    """Never closes the socket of a session that was revoked."""

    convicted_by = ("NothingAfterRevocation",)

    async def ended(self, listener: Listener, code: int, reason: str) -> None:
        return


class RefusesMembers(Saboteur):
    """Refuses a member now and then."""

    convicted_by = ("MembersWereLetIn",)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        if asked.variables.get("content") == "line 1":
            return {"data": None, "errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]}
        return await asked.forward()


class Meddler(Saboteur):
    """Passes everything on, and meddles with what is stored before anybody looks."""

    async def meddle(self, stack: Stack, room: str) -> None:
        """Change something about a room."""
        raise NotImplementedError


class ForgetsAMessage(Meddler):
    """Takes a message out of PostgreSQL again."""

    convicted_by = ("NoAcknowledgedMessageLost", "SequencesAgree")

    async def meddle(self, stack: Stack, room: str) -> None:
        connection = await postgres.connect(stack, "chat_db")
        try:
            await connection.execute(
                "DELETE FROM room_events WHERE room_id = $1 AND sequence ="
                " (SELECT min(sequence) FROM messages WHERE room_id = $1)",
                uuid.UUID(room),
            )
        finally:
            await connection.close()


class BendsTheReadModel(Meddler):
    """Counts one message too many in MongoDB."""

    convicted_by = ("ReadModelCatchesUp",)

    async def meddle(self, stack: Stack, room: str) -> None:
        from pymongo import MongoClient

        client: MongoClient[dict[str, Any]] = MongoClient(mongo.url(stack), serverSelectionTimeoutMS=5_000)
        try:
            client.get_default_database("veigo").rooms.update_one({"_id": room}, {"$inc": {"messageCount": 1}})
        finally:
            client.close()


class BribesOpa(Meddler):
    """Makes somebody a member where the policies decide."""

    convicted_by = ("ReadModelCatchesUp",)

    async def meddle(self, stack: Stack, room: str) -> None:
        path = f"/v1/data/aggregated/rooms/{room}/members/{uuid.uuid4()}"
        await rest.request(stack.address("opa"), "PUT", path, 1)


class AllowsWithoutOpa(Saboteur):
    """Grants what nobody can decide on."""

    convicted_by = ("NothingAllowedWithoutOpa",)

    async def answer(self, asked: Asked) -> dict[str, Any]:
        answer = await asked.forward()
        if asked.name == "ListMessages" and "UNAVAILABLE" in json.dumps(answer):
            return {"data": {"ListMessages": {"records": [], "metadata": {"hasMore": True}}}}
        return answer


class ForgetsTheTrace(Saboteur):
    """Keeps to itself which trace a request belongs to, so that the next one begins another."""

    convicted_by = ("EveryMessageIsOneTrace",)

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name != "traceparent"}


ON_THE_WIRE: tuple[type[Saboteur], ...] = (
    Drops,
    Repeats,
    Reorders,
    Alters,
    Invents,
    Leaks,
    OpensTheDoor,
    AcknowledgesTooEarly,
    Renumbers,
    Backdates,
    StoresTwice,
    TellsSome,
    ResumesWithAGap,
    ResumesTooEarly,
    Unshows,
    TellsFormerMembers,
    KeepsSockets,
    RefusesMembers,
    ForgetsAMessage,
    BendsTheReadModel,
    BribesOpa,
)
