"""Which realtime takes the next socket."""

import pytest

from services.gateway.realtimes import AVOIDED_S, TRIED_MAX, Address, Realtimes
from services.gateway.settings import Settings

A, B, C, D = (Address("here", port) for port in (1, 2, 3, 4))


def test_the_one_with_the_fewest_sockets_is_tried_first():
    realtimes = Realtimes([A, B, C])
    for address in (A, A, B):
        realtimes.took(address)

    assert [C, B, A] == realtimes.to_try(0)


def test_one_that_took_no_socket_is_tried_last_for_a_moment():
    realtimes = Realtimes([A, B])
    realtimes.took(B)
    realtimes.avoid(A, 10)

    assert [B, A] == realtimes.to_try(10)
    assert [A, B] == realtimes.to_try(10 + AVOIDED_S)


def test_when_all_are_avoided_the_one_that_was_first_is_tried_first():
    realtimes = Realtimes([A, B])
    realtimes.avoid(B, 10)
    realtimes.avoid(A, 11)

    assert [B, A] == realtimes.to_try(11)


def test_a_single_one_is_always_tried():
    realtimes = Realtimes([A])
    realtimes.avoid(A, 10)

    assert [A] == realtimes.to_try(10)


def test_no_more_than_a_few_are_tried_for_one_socket():
    assert TRIED_MAX == len(Realtimes([A, B, C, D]).to_try(0))


def test_a_socket_that_ends_makes_room():
    realtimes = Realtimes([A, B])
    realtimes.took(A)
    realtimes.took(B)
    realtimes.lost(B)

    assert [B, A] == realtimes.to_try(0)


@pytest.mark.parametrize("text", ["127.0.0.1:4300,127.0.0.1:4301", " 127.0.0.1:4300 , 127.0.0.1:4301,"])
def test_replicas_are_named_in_a_list(text):
    assert [Address("127.0.0.1", 4300), Address("127.0.0.1", 4301)] == Settings(realtime_address=text).realtimes
