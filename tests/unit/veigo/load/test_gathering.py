"""Several processes' histories become one: on one clock, with no number twice, whole or known not to be."""

from hypothesis import given
from hypothesis import strategies as st

from veigo.history import Frame, GeneratorSecond, Operation, SocketEvent
from veigo.load.gathering import Clock, RoundTrip, clock_of, fitted
from veigo.load.pieces import UNDER_WAY_MAX, Receiving, Sending, packed, unpacked
from veigo.outcome import Outcome

RECORDS = [
    Frame("MESSAGE", "bob", 2, 5, 6, room="hall", sequence=3, message_id="m1", sender="ann", content="שלום\n🦜"),
    Operation("send", "ann", room="hall", message_id="m1", content="\ufeff", outcome=Outcome.OK, intended_ns=7),
    SocketEvent("closed", "bob", 2, 7, 8, code=1006),
    GeneratorSecond("", 1, 2, 3, 1.0, 0.5, 50, 0.0),
]


def test_what_is_packed_is_unpacked():
    assert RECORDS == unpacked(packed(RECORDS))


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_clock_is_right_to_half_of_what_it_took_to_ask(ahead_ns, there_ns, back_ns):
    asked = 10**13
    trip = RoundTrip(asked, asked + there_ns + back_ns, 0, asked + there_ns + ahead_ns, 0)

    clock = clock_of([trip])

    assert abs(clock.ahead_ns - ahead_ns) <= clock.uncertain_ns + 1


def test_the_shortest_round_trip_sets_the_clock():
    trips = [RoundTrip(0, took, took // 1000, took // 2 + 500, took // 2000) for took in (9_000, 2_000, 5_000)]

    assert Clock(500, 0, 1_000) == clock_of(trips)


def test_records_get_the_masters_times_and_numbers_of_their_own():
    frame = fitted(Frame("MESSAGE", "bob", 2, 5, 6), Clock(100, 10), 3, "generator 3")
    second = fitted(GeneratorSecond("", 1, 2, 3, 1.0, 0.5, 50, 0.0), Clock(100, 10), 3, "generator 3")

    assert (105, 16, 3_000_002) == (frame.at_ns, frame.at_us, frame.socket)
    assert (101, 12, "generator 3") == (second.at_ns, second.at_us, second.process)


def test_where_the_clock_is_uncertain_an_operation_may_have_taken_longer():
    """Then nobody is told that it came before another one when perhaps it did not."""
    operation = Operation("send", "ann", started_ns=1_000, ended_ns=2_000, intended_ns=900)
    fitted(operation, Clock(0, 0, 50), 1, "")

    assert (950, 2_050, 900) == (operation.started_ns, operation.ended_ns, operation.intended_ns)


def test_a_history_is_whole_when_the_worker_has_said_how_much_it_is_and_all_has_come():
    receiving = Receiving()
    assert all(receiving.take(number) for number in range(1, 9))

    assert not receiving.complete
    receiving.total = 8
    assert receiving.complete
    assert not receiving.take(8), "once is enough"


def test_nothing_is_taken_beyond_a_missing_piece():
    """A history with a hole would prove a loss that never was."""
    receiving = Receiving(total=3)

    assert [True, False, False] == [receiving.take(number) for number in (1, 3, 4)]
    assert not receiving.complete


def test_a_last_piece_that_never_came_is_known():
    receiving = Receiving(total=2)
    receiving.take(1)

    assert not receiving.complete


def test_only_so_many_pieces_are_under_way():
    sending = Sending()
    while sending.may_send:
        sending.next()

    assert UNDER_WAY_MAX == sending.sent
    sending.acknowledged = 1
    assert sending.may_send
