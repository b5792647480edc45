"""What a trial of a removal is judged by, on hand-written frames and answers."""

import aiohttp
import pytest

from veigo.commands.authz_lag import _verdict
from veigo.history import Frame
from veigo.outcome import Refused
from veigo.verdict import Verdict
from veigo.workloads.removals import Trial, _attempted, _judge_frames

ACKNOWLEDGED_NS = 1_000_000_000


def frame(kind, sequence, after_ms=1.0):
    return Frame(kind, "member", 1, ACKNOWLEDGED_NS + int(after_ms * 1e6), 0, room="r", sequence=sequence)


def judged(*frames):
    """Return the trial these frames make."""
    trial = Trial(refused_ms={"send": 1.0})
    _judge_frames(trial, list(frames), ACKNOWLEDGED_NS)
    return trial


async def attempted(error=None):
    """Return the trial that one attempt makes, which ends with `error` or is granted."""

    async def attempt():
        if error is not None:
            raise error

    trial = Trial()
    await _attempted(trial, "send", attempt(), ACKNOWLEDGED_NS)
    return trial


def test_the_removal_and_the_end_are_the_last_a_member_hears():
    trial = judged(frame("MESSAGE", 4, -5), frame("MEMBER_REMOVED", 5, 2), frame("LEFT", 5, 3))

    assert (0, 3.0) == (trial.beyond, trial.last_frame_ms)
    assert Verdict.HOLDS is _verdict([trial])


def test_a_frame_beyond_the_removal_is_a_violation():
    """The saboteur: a realtime that goes on for one more message."""
    trial = judged(frame("MEMBER_REMOVED", 5), frame("MESSAGE", 6), frame("LEFT", 5))

    assert 1 == trial.beyond
    assert Verdict.VIOLATED is _verdict([trial])


async def test_an_attempt_that_is_granted_is_a_violation():
    """The saboteur: a chat that decides by yesterday's members."""
    assert Verdict.VIOLATED is _verdict([await attempted()])


@pytest.mark.parametrize("code", ["FORBIDDEN", "NOT_FOUND", "UNAVAILABLE"])
async def test_a_coded_no_is_a_refusal(code):
    """UNAVAILABLE as well: what cannot be decided yet is not allowed."""
    trial = await attempted(Refused(code, "no"))

    assert (["send"], []) == (list(trial.refused_ms), trial.unclear)
    assert Verdict.HOLDS is _verdict([trial])


@pytest.mark.parametrize(
    "error", [TimeoutError(), aiohttp.ServerDisconnectedError(), Refused("DEADLINE_EXCEEDED", "?")]
)
async def test_an_attempt_of_unknown_ending_proves_nothing(error):
    assert Verdict.INCONCLUSIVE is _verdict([Trial(refused_ms={"read": 1.0}), await attempted(error)])


def test_no_trial_proves_nothing():
    assert Verdict.INCONCLUSIVE is _verdict([])


def test_one_violation_outweighs_any_doubt():
    assert Verdict.VIOLATED is _verdict([Trial(unclear=["send: ?"]), Trial(granted=["read"])])
