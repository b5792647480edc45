"""Replies and refusals, held against their contract: an honest one passes, a saboteur's does not."""

import pytest
from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2, status_pb2

from protos.veigo.chat.v1 import chat_pb2
from veigo.contracts import rpc_reply
from veigo.contracts.rpc_reply import BrokenContract, Refusal


def details(code=code_pb2.PERMISSION_DENIED, message="No.", domain="veigo", reason="FORBIDDEN", field="id", more=()):
    request = error_details_pb2.BadRequest(
        field_violations=[error_details_pb2.BadRequest.FieldViolation(field=field, description=message)]
    )
    packed = []
    for detail in (error_details_pb2.ErrorInfo(reason=reason, domain=domain), request, *more):
        packed.append(Any())
        packed[-1].Pack(detail)
    return status_pb2.Status(code=code, message=message, details=packed).SerializeToString()


def test_an_honest_refusal_is_read():
    refusal = rpc_reply.refusal_in("PERMISSION_DENIED", "No.", details())

    assert Refusal("PERMISSION_DENIED", "No.", "FORBIDDEN", ("id",)) == refusal


@pytest.mark.parametrize("code", ["INTERNAL", "UNKNOWN", "UNIMPLEMENTED", "DATA_LOSS"])
def test_codes_that_are_no_answer_break_the_contract(code):
    with pytest.raises(BrokenContract):
        rpc_reply.refusal_in(code, "Oops.", None)


@pytest.mark.parametrize(
    "lie",
    [
        {"code": code_pb2.NOT_FOUND},
        {"message": "Yes."},
        {"domain": "example.com"},
        {"reason": "NOT_FOUND"},
        {"more": [error_details_pb2.DebugInfo(detail="Traceback")]},
    ],
    ids=str,
)
def test_details_that_say_something_else_break_the_contract(lie):
    with pytest.raises(BrokenContract):
        rpc_reply.refusal_in("PERMISSION_DENIED", "No.", details(**lie))


def test_a_reply_shows_its_fields_and_enum_values():
    room = chat_pb2.Room(id="r", type=chat_pb2.ROOM_TYPE_DIRECT)
    reply = chat_pb2.CreateRoomResponse(information=room)

    assert ["CreateRoomResponse.information", "Room.id", "Room.type", "ROOM_TYPE_DIRECT"] == list(
        rpc_reply.carried_by(reply)
    )


def test_a_reply_with_an_enum_value_or_a_field_of_nobody_breaks_the_contract():
    unknown = chat_pb2.Room.FromString(b"\xfa\x3e\x05later")
    for message in (chat_pb2.Room(type=77), unknown, chat_pb2.CreateRoomResponse(information=unknown)):
        with pytest.raises(BrokenContract):
            list(rpc_reply.carried_by(message))


def test_every_field_of_a_message_is_known_with_those_inside():
    fields = list(rpc_reply.fields_of(chat_pb2.ListRoomsRequest.DESCRIPTOR))

    assert ["ListRoomsRequest.id", "ListRoomsRequest.page", "PageRequest.cursor", "PageRequest.size"] == fields
