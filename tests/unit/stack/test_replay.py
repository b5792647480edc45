"""What is missing is put into Kafka, or it is said that Kafka did not take it; nobody waits for ever."""

import pytest

import stack.replay
from stack.captured_topics import CapturedTopics
from stack.replay import Replay
from stack.replayed import STATES
from veigo.stack.problem import StackError


class Full:
    """A producer whose queue is full, at brokers that acknowledge nothing."""

    def produce(self, *_, **__):
        raise BufferError

    def poll(self, _):
        pass


def test_a_queue_that_stays_full_ends_in_a_sentence(monkeypatch):
    monkeypatch.setattr(stack.replay, "SENT_WITHIN_S", 0.02)
    replay = Replay("127.0.0.1:1", CapturedTopics("127.0.0.1:1"))
    replay._producer = Full()

    with pytest.raises(StackError, match="none of what was sent was acknowledged"):
        replay._produce(STATES[0], b"key", b"value", 0)
