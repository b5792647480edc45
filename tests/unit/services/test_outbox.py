"""What was told is sent, whoever is killed, and nothing grows without a bound."""

import errno
import os
import signal

import pytest

from services import outbox
from services.outbox import Outbox
from spans.packed import Teller, packed, unpacked
from spans.told import Told, TracePart

TELLER = packed(Teller({"service.instance.id": "chat-2"}))


@pytest.fixture
def box(tmp_path):
    opened = Outbox.open(tmp_path, TELLER, spans_max=100)
    yield opened
    opened.close()


def told(*names):
    """Spans that are told together, as they are put."""
    return packed(TracePart("0" * 32, {}, [Told(name, 1, "1" * 16, None, 1, 2) for name in names])), len(names)


def names_in(body):
    """Who tells it, and the names of the spans in a body."""
    teller, parts = unpacked(body)
    return [(teller.node, span.name) for part in parts for span in part.spans]


def left_in(path):
    return [[name for _, name in names_in(body)] for body in outbox.bodies_in(path)]


def test_what_was_put_is_taken_as_one_body(box):
    """In the order in which it was told."""
    box.put(*told("1", "2"))
    box.put(*told("3"))

    assert [("chat-2", "1"), ("chat-2", "2"), ("chat-2", "3")] == names_in(box.take())


def test_nothing_makes_no_body(box):
    """Neither at the start nor after everything was sent."""
    assert box.take() is None

    box.put(*told("1"))
    box.take()
    box.sent()

    assert box.take() is None


def test_spans_are_told_while_others_are_being_sent(box):
    """They wait in the other half."""
    box.put(*told("1"))
    first = box.take()
    box.put(*told("2"))
    box.sent()

    assert [[("chat-2", "1")], [("chat-2", "2")]] == [names_in(first), names_in(box.take())]


@pytest.mark.parametrize(("spans_max", "name"), [(4, "1"), (100, "1" * (outbox.HALF_BYTES // 6))])
def test_what_does_not_fit_is_counted_and_lost(spans_max, name):
    """By the number of spans or by their size; nobody waits."""
    box = Outbox.open(None, TELLER, spans_max)
    for _ in range(3):
        box.put(*told(name, name))

    assert 2 == box.dropped


def test_much_at_once_is_pressing_until_it_is_taken(box):
    """Whoever sends need not wait for the time it has set itself."""
    box.put(*told("1" * (outbox.PRESSING_BYTES // 2)))
    early = box.pressing.is_set()
    box.put(*told("1" * (outbox.PRESSING_BYTES // 2)))
    late = box.pressing.is_set()
    box.take()

    assert [False, True, False] == [early, late, box.pressing.is_set()]


def test_what_nobody_took_is_counted(box):
    """The other side was away for too long."""
    box.put(*told("1"))
    box.take()
    box.sent(lost=True)

    assert 1 == box.dropped


def test_a_full_disk_is_noticed_at_the_start(tmp_path, monkeypatch):
    """And not by a signal in the middle of the work; nothing is left behind."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)

    with pytest.raises(OSError, match="No space"):
        Outbox.open(tmp_path, TELLER, 1)
    assert [] == list(tmp_path.iterdir())


def killed_after(folder, tell):
    """Let a process of its own tell something and be killed."""
    pid = os.fork()
    if pid == 0:
        tell(Outbox.open(folder, TELLER, spans_max=100))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)


def tell_and_begin_to_send(box):
    box.put(*told("1"))
    box.take()
    box.put(*told("2"))


def test_a_process_that_is_killed_takes_nothing_with_it(tmp_path):
    """Neither what waited nor what was being sent."""
    killed_after(tmp_path, tell_and_begin_to_send)
    (left,) = outbox.left_in(tmp_path)

    assert [["1"], ["2"]] == sorted(left_in(left))


def test_what_had_begun_is_told_after_what_had_ended(tmp_path):
    """Of two that began and one that ended, in a process that was killed, the other one is left."""

    def tell(box):
        ended, _ = (box.begun.note(told(name, "within")[0]) for name in ("begun 1", "begun 2"))
        box.put(*told("1"))
        box.begun.forget(ended)

    killed_after(tmp_path, tell)
    (left,) = outbox.left_in(tmp_path)

    assert [["1"], ["begun 2", "within"]] == left_in(left)


@pytest.mark.parametrize(("spans", "span"), [(outbox.BEGUN_MAX, b"1"), (0, b"1" * outbox.BEGUN_BYTES)])
def test_what_begins_without_room_for_a_note_is_not_noted(box, spans, span):
    """Too many at once, or too long a one; it is told when it ends, as ever."""
    places = [box.begun.note(b"0") for _ in range(spans)]

    assert 0 == box.begun.note(span)
    box.begun.forget(0)

    for place in places:
        box.begun.forget(place)
    assert 0 != box.begun.note(b"1")


def test_the_living_are_left_alone(tmp_path, box):
    """Their files are theirs."""
    box.put(*told("1"))

    assert [] == outbox.left_in(tmp_path)


def test_who_ends_properly_leaves_nothing(tmp_path):
    """Its thread has sent everything."""
    Outbox.open(tmp_path, TELLER, 1).close()

    assert [] == list(tmp_path.iterdir())


def test_files_of_the_dead_are_bounded(tmp_path, monkeypatch):
    """While nobody takes what is in them, the oldest go."""
    monkeypatch.setattr(outbox, "LEFT_MAX", 1)
    for name in ("1", "2"):
        killed_after(tmp_path, lambda box, name=name: box.put(*told(name)))
    (left,) = outbox.left_in(tmp_path)

    assert [["2"]] == left_in(left)
    assert [left] == list(tmp_path.iterdir())


def test_a_file_that_somebody_else_has_sent_meanwhile_has_nothing_in_it(tmp_path):
    """Several services start at once and find the same files."""
    killed_after(tmp_path, lambda box: box.put(*told("1")))
    (left,) = outbox.left_in(tmp_path)
    left.unlink()

    assert [] == outbox.bodies_in(left)


@pytest.mark.parametrize("damaged", [b"nonsense", b"\xff" * outbox.SIZE])
def test_a_damaged_file_has_nothing_in_it(tmp_path, damaged):
    """Whatever it is, it is not sent."""
    (tmp_path / f"1-1{outbox.SUFFIX}").write_bytes(damaged)
    (left,) = outbox.left_in(tmp_path)

    assert [] == outbox.bodies_in(left)
