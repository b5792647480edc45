"""What is told of the replication slots is what PostgreSQL says, and nothing where it says nothing."""

import pytest

from services.chat import slots
from services.chat.slots import Slots


def row(name="veigo_chat", active=True, wal_status="reserved", behind=10, safe_wal_size=500):
    return {
        "slot_name": name,
        "active": active,
        "wal_status": wal_status,
        "behind": behind,
        "safe_wal_size": safe_wal_size,
    }


def looked_at(*rows):
    seen = Slots()
    seen._rows = rows
    return seen


@pytest.mark.parametrize(
    ("figure", "expected"),
    [(slots.behind_bytes, 10.0), (slots.is_active, 1.0), (slots.is_usable, 1.0), (slots.safe_bytes, 500.0)],
)
def test_a_figure_is_told_by_slot(figure, expected):
    """One number for each."""
    assert {"slot": {"veigo_chat": expected}} == looked_at(row()).read(figure)


def test_a_slot_without_a_bound_has_no_safe_size():
    """PostgreSQL says nothing, so nothing is told: 0 would be an alarm."""
    assert {"slot": {}} == looked_at(row(safe_wal_size=None)).read(slots.safe_bytes)


@pytest.mark.parametrize(("active", "wal_status"), [(False, "reserved"), (True, "unreserved"), (False, "lost")])
def test_a_slot_that_nobody_reads_or_that_loses_its_log_is_not_usable(active, wal_status):
    """Either alone is enough."""
    assert {"slot": {"veigo_chat": 0.0}} == looked_at(row(active=active, wal_status=wal_status)).read(slots.is_usable)


def test_a_slot_is_in_one_state():
    """A 1 for it, and a 0 for each of the others, so that an alarm need not know what is missing."""
    told = {labels["status"]: value for labels, value in slots.wal_statuses([row(wal_status="lost")])}

    assert {"reserved": 0.0, "extended": 0.0, "unreserved": 0.0, "lost": 1.0} == told


def test_nothing_is_known_while_the_database_is_out():
    """Old figures would look like good ones."""
    assert {"slot": {}} == looked_at().read(slots.behind_bytes)
    assert [] == slots.wal_statuses([])
