"""The model of chat, on short stories: what each step comes to, and what the log holds after it."""

from veigo.contracts.chat_model import FORBIDDEN, INVALID, NOT_FOUND, OK, TAKEN, Chat


def room(*others, public=False):
    chat = Chat()
    chat.create("r", "ann", list(others), public=public)
    return chat


def test_a_room_begins_with_its_members_each_once():
    assert ["room.created", "member.added", "member.added"] == room("bob", "bob", "ann").rooms["r"].log


def test_strangers_may_do_nothing_and_read_what_is_public():
    chat = room()

    assert [FORBIDDEN] * 4 == [
        chat.send("r", "eve", "m", "x"),
        chat.add("r", "eve", ["eve"]),
        chat.remove("r", "eve", "ann"),
        chat.publish("r", "eve", public=True),
    ]
    assert (False, True) == (chat.rooms["r"].may_read("eve"), room(public=True).rooms["r"].may_read("eve"))


def test_sending_again_is_one_message_and_an_id_is_used_once():
    chat = room("bob")

    assert [OK, OK, TAKEN, TAKEN] == [
        chat.send("r", "ann", "m", "x"),
        chat.send("r", "ann", "m", "x"),
        chat.send("r", "ann", "m", "y"),
        chat.send("r", "bob", "m", "x"),
    ]
    assert 1 == chat.rooms["r"].log.count("message.created")


def test_a_message_is_its_senders_and_gone_when_deleted():
    chat = room("bob")
    chat.send("r", "ann", "m", "x")

    assert [FORBIDDEN, OK, OK, NOT_FOUND] == [
        chat.rewrite("r", "bob", "m", "y"),
        chat.rewrite("r", "ann", "m", "y"),
        chat.rewrite("r", "ann", "m", None),
        chat.rewrite("r", "ann", "m", "z"),
    ]
    assert [] == chat.rooms["r"].shown


def test_changing_nothing_is_no_event():
    chat = room()
    chat.send("r", "ann", "m", "x")
    before = list(chat.rooms["r"].log)
    chat.rewrite("r", "ann", "m", "x")
    chat.publish("r", "ann", public=False)
    chat.add("r", "ann", ["ann"])

    assert before == chat.rooms["r"].log


def test_reading_goes_as_far_as_the_log_and_never_back():
    chat = room()

    assert [OK, OK, INVALID] == [chat.acknowledge("r", "ann", sequence) for sequence in (2, 1, 3)]
    assert 2 == chat.rooms["r"].read["ann"]


def test_who_left_may_not_and_is_not_there_to_remove():
    chat = room("bob")

    assert [OK, NOT_FOUND, NOT_FOUND, FORBIDDEN] == [
        chat.leave("r", "bob"),
        chat.leave("r", "bob"),
        chat.remove("r", "ann", "bob"),
        chat.send("r", "bob", "m", "x"),
    ]
