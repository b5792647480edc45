"""People make rooms, come, go, write, edit and delete, in any order; after each step chat is what its model is.

Hypothesis invents the steps; a failing story shrinks to the shortest one, is printed as a program, and is told first by
the next run. `--hypothesis-profile=thorough` tells two thousand.
"""

import asyncio
import uuid

import grpc
import pytest
from google.protobuf.message import Message
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, multiple, rule, run_state_machine_as_test

from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from veigo.contracts import rpc_recorder
from veigo.contracts.cast import MEMBERS, MESSAGES, ROOMS, Cast
from veigo.contracts.chat_model import OK, Chat
from veigo.contracts.coverage import Coverage

NAMES = ("ada", "ben", "cyd")
PEOPLE = st.sampled_from(NAMES)
CONTENTS = st.sampled_from(["a", "b", "👋"])
ATTEMPTS_MAX = 5  # of a call that the policies' data could not keep up with, which changes nothing
STEPS = 25
PRIVACIES = {True: "ROOM_PRIVACY_PUBLIC", False: "ROOM_PRIVACY_PRIVATE"}
METHODS = rpc_recorder.methods_of((authentication_pb2.DESCRIPTOR, chat_pb2.DESCRIPTOR))


class Story(RuleBasedStateMachine):
    """One story; `runner` and `cast` are set for all of them."""

    runner: asyncio.Runner
    cast: Cast

    rooms = Bundle("rooms")
    messages = Bundle("messages")

    def __init__(self):
        super().__init__()
        self.chat = Chat()

    # Doing.

    def call(self, name, person, /, **request):
        """Return what a call comes to: a code, and the reply."""
        for _ in range(ATTEMPTS_MAX):
            answer = self.runner.run(self.cast.rpc.call(name, request, self.cast.tokens[person]))
            if isinstance(answer, Message):
                return OK, answer
            if answer.code != "UNAVAILABLE":
                break
        return answer.code, answer

    def ids(self, names):
        return [self.cast.bound[name] for name in names]

    @rule(target=rooms, creator=PEOPLE, others=st.lists(PEOPLE), public=st.booleans())
    def create(self, creator, others, public):
        fields = {"name": "Room", "type": "ROOM_TYPE_GROUP", "privacy": PRIVACIES[public], "members": self.ids(others)}
        code, reply = self.call(f"{ROOMS}/CreateRoom", creator, **fields)
        room = reply.information.id

        assert self.chat.create(room, creator, others, public=public) == code
        return room

    @rule(room=rooms, person=PEOPLE, public=st.booleans())
    def publish(self, room, person, public):
        change = {"id": room, "privacy": PRIVACIES[public], "updateMask": "privacy"}
        code, _ = self.call(f"{ROOMS}/UpdateRoom", person, **change)

        assert self.chat.publish(room, person, public=public) == code

    @rule(room=rooms, person=PEOPLE, others=st.lists(PEOPLE, min_size=1))
    def add(self, room, person, others):
        code, _ = self.call(f"{MEMBERS}/AddMembers", person, roomId=room, memberIds=self.ids(others))

        assert self.chat.add(room, person, others) == code

    @rule(room=rooms, person=PEOPLE, other=PEOPLE)
    def remove(self, room, person, other):
        code, _ = self.call(f"{MEMBERS}/RemoveMember", person, roomId=room, memberId=self.cast.bound[other])

        assert self.chat.remove(room, person, other) == code

    @rule(room=rooms, person=PEOPLE)
    def leave(self, room, person):
        code, _ = self.call(f"{MEMBERS}/Leave", person, roomId=room)

        assert self.chat.leave(room, person) == code

    @rule(target=messages, room=rooms, person=PEOPLE, content=CONTENTS)
    def send(self, room, person, content):
        message = str(uuid.uuid4())
        self.send_as(room, person, content, message)
        was_sent = any(said.id == message for said in self.chat.rooms[room].messages)
        return multiple((room, message)) if was_sent else multiple()

    @rule(room=rooms, person=PEOPLE, content=CONTENTS, known=messages)
    def send_as_before(self, room, person, content, known):
        self.send_as(room, person, content, known[1])

    def send_as(self, room, person, content, message):
        code, _ = self.call(f"{MESSAGES}/CreateMessage", person, roomId=room, content=content, messageId=message)

        assert self.chat.send(room, person, message, content) == code

    @rule(known=messages, person=PEOPLE, content=CONTENTS)
    def edit(self, known, person, content):
        room, message = known
        code, _ = self.call(f"{MESSAGES}/UpdateMessage", person, roomId=room, messageId=message, content=content)

        assert self.chat.rewrite(room, person, message, content) == code

    @rule(known=messages, person=PEOPLE)
    def delete(self, known, person):
        room, message = known
        code, _ = self.call(f"{MESSAGES}/DeleteMessage", person, roomId=room, messageId=message)

        assert self.chat.rewrite(room, person, message, None) == code

    @rule(room=rooms, person=PEOPLE, sequence=st.integers(0, 12))
    def acknowledge(self, room, person, sequence):
        code, reply = self.call(f"{MEMBERS}/AcknowledgeMessages", person, roomId=room, sequence=sequence)

        assert self.chat.acknowledge(room, person, sequence) == code
        if code == OK:
            assert self.chat.rooms[room].read[person] == reply.sequence

    # Looking.

    @rule(room=rooms, person=PEOPLE)
    def look(self, room, person):
        known = self.chat.rooms[room]
        for name in (f"{MESSAGES}/ListMessages", f"{MEMBERS}/ListMembers", f"{ROOMS}/ReadLog"):
            code, reply = self.call(name, person, roomId=room)

            assert (OK if known.may_read(person) else "PERMISSION_DENIED") == code
            if code == OK:
                self.compare(known, reply)

    def compare(self, known, reply):
        if isinstance(reply, chat_pb2.ListMessagesResponse):
            assert known.shown == [(message.id, message.content) for message in reply.records]
        elif isinstance(reply, chat_pb2.ListMembersResponse):
            assert sorted(self.ids(known.members)) == sorted(member.member_id for member in reply.records)
        else:
            assert known.log == [event.type for event in reply.events]
            assert list(range(1, len(known.log) + 1)) == [event.sequence for event in reply.events]

    def teardown(self):
        """However a story ends, every room must be what the model says, also what was half done."""
        for room, known in self.chat.rooms.items():
            reader = next((name for name in NAMES if known.may_read(name)), None)
            if reader is not None:
                self.look(room, reader)


@pytest.fixture
def story(stack):
    """Set the stage for stories: an event loop of their own, so that rules need not await, and people."""
    with asyncio.Runner() as runner:
        address = {"veigo.chat.v1": stack.nodes["chat"], "veigo.authentication.v1": stack.nodes["authentication"]}

        async def assembled():
            channels = {package: grpc.aio.insecure_channel(place) for package, place in address.items()}
            cast = Cast(rpc_recorder.Recorder(METHODS, channels, Coverage()))
            for name in NAMES:
                await cast.enter(name, profile=True)
            return cast, channels

        Story.runner = runner
        Story.cast, channels = runner.run(assembled())
        yield Story
        for channel in channels.values():
            runner.run(channel.close())


def test_chat_is_what_its_model_is(story):
    """Story by story."""
    examples = settings().max_examples
    run_state_machine_as_test(story, settings=settings(max_examples=examples, stateful_step_count=STEPS))
