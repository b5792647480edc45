"""What a client leaves out stays, and what it sets to null is cleared."""

import pytest
from strawberry import UNSET

from services.gateway import edits, types
from services.problems import Problem


def test_only_what_was_given_is_in_the_mask():
    """An omitted field must not be touched."""
    request = edits.update_profile_request("me", UNSET, "Bob", UNSET)

    assert ["name"] == list(request.update_mask.paths)
    assert "Bob" == request.name


def test_null_is_named_and_absent_which_clears():
    """Protobuf cannot say null, so the mask names the field and the field is not there."""
    request = edits.update_room_request("room", None, UNSET, None, UNSET)

    assert ["photo_path", "description"] == list(request.update_mask.paths)
    assert not request.HasField("photo_path")
    assert not request.HasField("description")


def test_nothing_given_changes_nothing():
    """An empty mask is chat's word for that."""
    request = edits.update_room_request("room", UNSET, UNSET, UNSET, UNSET)

    assert [] == list(request.update_mask.paths)


def test_privacy_travels_as_its_number():
    """GraphQL has names, protobuf numbers."""
    request = edits.update_room_request("room", UNSET, UNSET, UNSET, types.RoomPrivacy.public)

    assert ["privacy"] == list(request.update_mask.paths)
    assert 2 == request.privacy


REFUSED = {
    "a privacy of null": ("privacy", lambda: edits.update_room_request("r", UNSET, UNSET, UNSET, None)),
    "a message without content": ("content", lambda: edits.update_message_request("r", "m", UNSET)),
    "a message of null": ("content", lambda: edits.update_message_request("r", "m", None)),
    "a name with U+0000": ("name", lambda: edits.update_profile_request("me", UNSET, "a\0", UNSET)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_meant_is_refused(case):
    """With the argument at fault."""
    field, request = REFUSED[case]
    with pytest.raises(Problem) as refused:
        request()

    assert field == refused.value.field
