"""Records in words, with their times beside what was broken."""

from veigo.checkers.excerpt import LINES_MAX, excerpt
from veigo.history import Operation
from veigo.outcome import Outcome

SECOND = 1_000_000_000


def lines(story, count):
    return excerpt(story.ledger(), story.records[-count:])


def test_times_count_from_when_the_talk_began(story):
    story.marks("talk_started").waits(2 * SECOND).sends("ann", "hall", "m1", 4)

    assert ("     +2.000 s  ann asked for send m1 in room hall: ok, sequence 4 in 0.0 ms",) == lines(story, 1)


def test_they_say_where_they_lie_beside_a_fault(story):
    story.marks("talk_started")
    for happens in (
        lambda: story.waits(SECOND).receives("m1", "ann"),
        lambda: story.waits(SECOND).broken("kill kafka", "kafka"),
        lambda: story.waits(SECOND).receives("m2", "ann"),
        lambda: story.waits(SECOND).healed("kill kafka", "kafka"),
        lambda: story.waits(SECOND).receives("m3", "ann"),
    ):
        happens()
    shown = [line.partition("[")[2] for line in lines(story, 8) if "received" in line]

    assert ["1.000 s before kill kafka]", "1.000 s into kill kafka]", "1.000 s after kill kafka was healed]"] == shown


def test_records_stand_in_the_order_of_their_times_and_findings_at_the_end(story):
    story.stored("hall", "m1").witnessed("m1", 1).sends("ann", "hall", "m1", 1).opens_socket("ann").loses_socket("ann")

    assert [line.strip().removeprefix("+0.000 s  ") for line in lines(story, 6)] == [
        "ann asked for send m1 in room hall: ok, sequence 1 in 0.0 ms",
        "ann's socket 1 opened",
        "ann's socket 1 closed with 1012",
        "in the end  PostgreSQL has message.created m1 sequence 1 of room hall",
        "in the end  PostgreSQL has room hall, last sequence 1",
        "in the end  Kafka has message.created m1 sequence 1 of room hall at partition 0 offset 1",
    ]


def test_what_had_no_answer_says_so_and_a_refusal_why(story):
    story.records.append(Operation("send", "ann", room="hall", message_id="m1", started_ns=1))
    story.asks("read", "bob", "hall", outcome=Outcome.FAILED, error="Refused: no", code="FORBIDDEN")

    waiting, refused = lines(story, 2)
    assert waiting.endswith("send m1 in room hall: unknown and had no answer")
    assert refused.endswith("read in room hall: failed in 0.0 ms (FORBIDDEN)")


def test_no_more_than_a_screen_is_shown(story):
    for number in range(LINES_MAX + 3):
        story.sends("ann", "hall", f"m{number}", number)

    assert "… and 3 records more" == lines(story, LINES_MAX + 3)[-1]
