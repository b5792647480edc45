"""Waiting asks again until it is answered, and says what was the matter when time is up."""

import pytest

from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until


class Server:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is not None:
            raise answer


async def test_it_asks_until_it_is_answered():
    server = Server(ConnectionRefusedError("refused"), NotReadyError("not yet"), None)

    await until(server, within_s=5, why="kafka did not become ready")

    assert 3 == server.asked


async def test_when_time_is_up_it_says_the_last_reason():
    with pytest.raises(StackError, match=r"kafka did not become ready: not within 0.2 s \(NotReadyError: not yet\)"):
        await until(Server(NotReadyError("not yet")), within_s=0.2, why="kafka did not become ready")


async def test_a_decided_failure_is_not_asked_about_again():
    server = Server(StackError("initdb failed"))

    with pytest.raises(StackError, match="initdb failed"):
        await until(server, within_s=5, why="postgres")

    assert 1 == server.asked
