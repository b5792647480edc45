"""What a trial came to is measured from its history: who had to resume and for how long, and what came twice."""

from veigo.history import Frame, SocketEvent, Witnessed
from veigo.recovery import Recovery
from veigo.trial_figures import back_s, figures_of, resumptions_s, slowest

SECOND = 1_000_000_000


def frame(kind, at_s, socket=1, user="ann", room="hall", **more):
    return Frame(kind, user, socket, round(at_s * SECOND), 0, room=room, **more)


def closed(at_s, socket=1, user="ann", ours=False):
    return SocketEvent("closed", user, socket, round(at_s * SECOND), 0, ours=ours)


def test_a_room_is_resumed_when_its_user_is_in_it_again_on_another_socket():
    story = [frame("JOINED", 1), frame("JOINED", 1, room="attic"), closed(5)]
    story += [frame("JOINED", 6.5, socket=2), frame("JOINED", 7.5, socket=2, room="attic")]

    assert [1.5, 2.5] == resumptions_s(story)


def test_several_sockets_in_vain_are_one_long_wait():
    story = [frame("JOINED", 1), closed(5), closed(6, socket=2), closed(7, socket=3), frame("JOINED", 9, socket=4)]

    assert [4.0] == resumptions_s(story)


def test_who_hung_up_or_had_left_or_was_put_out_has_nothing_to_resume():
    hung_up = [frame("JOINED", 1), closed(5, ours=True), frame("JOINED", 9, socket=2)]
    had_left = [frame("JOINED", 1), frame("LEFT", 2), closed(5), frame("JOINED", 9, socket=2)]
    put_out = [
        frame("JOINED", 1),
        closed(5),
        frame("ERROR", 6, socket=2, code="FORBIDDEN"),
        frame("JOINED", 9, socket=2),
    ]

    assert [[], [], []] == [resumptions_s(story) for story in (hung_up, had_left, put_out)]


def test_an_event_that_kafka_has_again_is_a_duplicate_on_the_wire():
    events = [Witnessed(f"m{sequence}", "hall", sequence, 0, 0, 0, at) for at, sequence in enumerate([1, 2, 2, 3, 2])]

    assert 2 == figures_of(events, None).wire_duplicates


def test_a_history_of_nothing_has_figures_of_nothing():
    figures = figures_of([], None)

    assert (0, None, None, []) == (figures.messages, figures.back_s, figures.traces_complete, figures.latencies)


def recovery(steady, backlog):
    return Recovery(("kill kafka",), 3.0, 20.0, 0.1, steady, backlog, 0, 30.0)


def test_it_is_back_when_it_is_steady_and_nothing_is_left_waiting():
    assert 4.0 == back_s(recovery(2.0, 4.0))
    assert 7.0 == back_s(recovery(2.0, 4.0), since_s=3.0)
    assert back_s(recovery(2.0, None)) is None
    assert back_s(recovery(None, 1.0)) is None


def test_what_never_came_is_slower_than_anything():
    assert 3.0 == slowest([1.0, 3.0, 2.0])
    assert slowest([1.0, None]) is None
    assert slowest([]) is None
