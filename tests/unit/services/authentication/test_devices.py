"""The list of devices goes on where its cursor says, and nowhere else."""

import uuid
from datetime import UTC, datetime

import pytest

from services.authentication import devices
from services.problems import Problem

DEVICE = devices.Device(uuid.uuid4(), "phone", datetime(2026, 1, 31, 9, 30, 0, 1, tzinfo=UTC))


def test_a_place_survives_its_cursor():
    """To the microsecond, or two sign-ins of one millisecond would hide each other."""
    assert devices.Place(DEVICE.signed_in_at, DEVICE.session_id) == devices.place(devices.key(DEVICE))


def test_no_cursor_is_the_beginning():
    """The newest sign-in."""
    assert devices.place(None) is None


@pytest.mark.parametrize(
    "forged", ["", "x", "2026-01-31T09:30:00 3b509c89-abc2-4f33-a899-42f56b2289e4", "2026-01-31T09:30:00+00:00 x"]
)
def test_what_this_list_never_said_is_refused(forged):
    """With the argument at fault."""
    with pytest.raises(Problem) as refused:
        devices.place(forged)

    assert "cursor" == refused.value.field
