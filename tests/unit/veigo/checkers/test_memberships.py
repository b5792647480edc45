"""Who was a member when, by the sequences of their comings and goings."""

import pytest

from veigo.checkers.memberships import Memberships


@pytest.fixture
def memberships():
    """Bob came at 3, went at 6, and came again at 9."""
    memberships = Memberships()
    for sequence, added in ((9, True), (3, True), (6, False), (6, False)):
        memberships.note("hall", "bob", sequence, added=added)
    return memberships


@pytest.mark.parametrize(
    ("sequence", "member"), [(2, False), (3, False), (4, True), (6, True), (7, False), (9, False), (10, True)]
)
def test_an_event_counts_from_the_next_sequence_on(memberships, sequence, member):
    """So the removal itself is still seen by whoever it removes."""
    assert member == memberships.at("hall", "bob", sequence)


def test_whoever_is_first_seen_going_had_been_there(memberships):
    memberships.note("hall", "ann", 5, added=False)

    assert memberships.at("hall", "ann", 1)


def test_of_others_nothing_is_known(memberships):
    assert memberships.at("hall", "eve", 5) is None
    assert memberships.at("yard", "bob", 5) is None


def test_additions_are_counted_up_to_a_sequence(memberships):
    assert [0, 1, 2] == [memberships.additions_before("hall", "bob", sequence) for sequence in (3, 9, 10)]


def test_removals_are_counted_once(memberships):
    assert [6] == memberships.removals("hall", "bob")
