"""People who cannot get as far as talking say so in one sentence."""

import pytest

from veigo.client.session import StepFailed
from veigo.history import History
from veigo.workloads.send_and_read import SendAndRead
from veigo.workloads.talk import Talk


async def test_who_cannot_sign_up_is_a_step_that_failed_and_no_group_of_problems(tmp_path):
    """The run that waits for it tells a stack that is away from a bug of the harness."""
    async with (
        History(tmp_path / "history.jsonl") as history,
        Talk(SendAndRead(), ("http://127.0.0.1:1",), 1, history) as talk,
    ):
        with pytest.raises(StepFailed):
            await talk.gather()
