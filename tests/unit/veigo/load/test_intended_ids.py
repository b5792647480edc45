"""A message's id tells when it was meant to be sent, to the microsecond, on whichever machine it is read."""

import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from veigo.load.intended_ids import id_for, intended_us


@given(st.integers(0, 2**47 * 1000), st.integers())
def test_the_time_that_went_in_comes_out(at_us, seed):
    assert at_us == intended_us(id_for(at_us, random.Random(seed)))


@given(st.integers(0, 2**47 * 1000))
def test_it_is_a_uuid_of_version_7_as_any_other(at_us):
    made = uuid.UUID(id_for(at_us, random.Random(1)))

    assert (7, uuid.RFC_4122) == (made.version, made.variant)
    assert at_us // 1000 == made.int >> 80


def test_ids_of_one_moment_differ():
    rng = random.Random(1)

    assert 1000 == len({id_for(1_700_000_000_000_000, rng) for _ in range(1000)})


def test_ids_of_others_tell_nothing():
    """A random id read as a time would be a latency of decades."""
    strange = "zzzzzzzz-zzzz-7zzz-8zzz-zzzzzzzzzzzz"

    assert [None] * 4 == [intended_us(other) for other in (str(uuid.uuid4()), "m1", "", strange)]
