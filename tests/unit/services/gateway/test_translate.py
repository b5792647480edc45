"""Requests become protobuf with nothing lost; in replies absent is null, and times are told to the microsecond."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from strawberry import UNSET

from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from services.gateway import translate, types
from services.problems import Code, Problem

CREATED = Timestamp(seconds=1_767_225_600, nanos=1_000)
UPDATED = Timestamp(seconds=1_767_225_601, nanos=999_999_999)


@pytest.mark.parametrize(
    ("seconds", "nanos", "expected"),
    [
        (0, 0, "1970-01-01T00:00:00.000000Z"),
        (1_767_225_600, 0, "2026-01-01T00:00:00.000000Z"),
        (1_767_225_600, 120_000_000, "2026-01-01T00:00:00.120000Z"),
        (1_767_225_600, 1_000, "2026-01-01T00:00:00.000001Z"),
        (1_767_225_600, 999_999_999, "2026-01-01T00:00:00.999999Z"),
    ],
)
def test_times_are_iso_8601_in_utc_and_always_as_long(seconds, nanos, expected):
    assert translate.time_text(Timestamp(seconds=seconds, nanos=nanos)) == expected


@pytest.mark.parametrize("value", ["", "plain", "שלום", "日本語", "👩‍👩‍👧‍👦", "\u202eleft", "a\nb\tc", "\U0010ffff"])
def test_any_text_travels(value):
    assert translate.text("content", value) == value


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "ok \udfff", "\ude00\ud83d"])
def test_what_is_no_text_is_refused_with_its_field(value):
    with pytest.raises(Problem) as caught:
        translate.text("content", value)

    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.field == "content"
    assert value not in caught.value.message


def test_null_and_not_given_are_both_absent():
    for absent in (None, UNSET):
        request = translate.create_profile_request("Bob", absent, absent)

        assert not request.HasField("photo_path")
        assert not request.HasField("about")


def test_empty_is_not_absent():
    """Whether an empty text is allowed is for the service to say."""
    request = translate.create_profile_request("Bob", "", "")

    assert request.HasField("photo_path")
    assert request.HasField("about")


def test_a_room_is_asked_for_with_all_that_was_given():
    request = translate.create_room_request(
        "Tea", types.RoomType.group, "tea.png", "Any tea", types.RoomPrivacy.public, ["a", "b"]
    )

    assert request == chat_pb2.CreateRoomRequest(
        name="Tea",
        type=chat_pb2.ROOM_TYPE_GROUP,
        photo_path="tea.png",
        description="Any tea",
        privacy=chat_pb2.ROOM_PRIVACY_PUBLIC,
        members=["a", "b"],
    )


@pytest.mark.parametrize("absent", [None, UNSET])
def test_a_room_needs_no_more_than_name_and_type(absent):
    request = translate.create_room_request("Tea", types.RoomType.direct, absent, absent, absent, absent)

    assert request == chat_pb2.CreateRoomRequest(name="Tea", type=chat_pb2.ROOM_TYPE_DIRECT)


def test_a_null_in_a_list_is_refused():
    with pytest.raises(Problem) as caught:
        translate.texts("membersId", ["a", None])

    assert caught.value.field == "membersId"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (None, chat_pb2.PageRequest()),
        (UNSET, chat_pb2.PageRequest()),
        (types.PaginationRequest(), chat_pb2.PageRequest()),
        (types.PaginationRequest(cursor=None, size=None), chat_pb2.PageRequest()),
        (types.PaginationRequest(cursor="c", size=7), chat_pb2.PageRequest(cursor="c", size=7)),
        (types.PaginationRequest(size=-1), chat_pb2.PageRequest(size=-1)),
    ],
)
def test_a_page_is_asked_for_as_given(page, expected):
    assert translate.page_request(page) == expected


def test_a_page_of_no_rows_is_refused_though_protobuf_could_not_tell():
    with pytest.raises(Problem) as caught:
        translate.page_request(types.PaginationRequest(size=0))

    assert caught.value.field == "size"


def test_an_account_has_booleans_and_a_phone_or_none():
    given = authentication_pb2.Account(
        id="1", email="b@example.com", is_phone_verified=True, created_at=CREATED, updated_at=UPDATED
    )

    assert translate.account(given) == types.Account(
        id="1",
        email="b@example.com",
        is_email_verified=False,
        phone=None,
        is_phone_verified=True,
        created_at="2026-01-01T00:00:00.000001Z",
        updated_at="2026-01-01T00:00:01.999999Z",
    )


def test_a_room_keeps_its_enums_its_gaps_and_its_position():
    given = chat_pb2.Room(
        id="1",
        name="Tea",
        type=chat_pb2.ROOM_TYPE_DIRECT,
        privacy=chat_pb2.ROOM_PRIVACY_PRIVATE,
        created_at=CREATED,
        updated_at=CREATED,
        last_sequence=12,
    )
    room = translate.room(given)

    assert (room.type, room.privacy) == (types.RoomType.direct, types.RoomPrivacy.private)
    assert (room.photo_path, room.description, room.last_sequence) == (None, None, 12)


def test_an_enum_value_from_a_newer_service_is_null():
    room = translate.room(chat_pb2.Room(type=99, privacy=99))

    assert (room.type, room.privacy) == (None, None)


def test_a_message_keeps_its_place():
    given = chat_pb2.Message(
        id="1", room_id="2", sender_id="3", content="ok", sequence=4, created_at=CREATED, updated_at=UPDATED
    )

    assert translate.message(given) == types.Message(
        id="1",
        room_id="2",
        sender_id="3",
        content="ok",
        sequence=4,
        created_at="2026-01-01T00:00:00.000001Z",
        updated_at="2026-01-01T00:00:01.999999Z",
    )


def test_the_last_page_has_no_cursor():
    assert translate.metadata(chat_pb2.PageInfo()) == types.PaginationResponseMetadata(cursor=None, has_more=False)
    assert translate.metadata(chat_pb2.PageInfo(cursor="c", has_more=True)).cursor == "c"
