"""Every step leaves a log: when, what was seen, how it ended, and what the nodes said in just that time."""

import pytest

from veigo.plan import Does, Step
from veigo.step_log import NODE_BYTES_MAX, StepLogs

STEP = Step(7, Does.HEAL, "heal chat: start chat")


@pytest.fixture
def chat_log(tmp_path):
    path = tmp_path / "chat.log"
    path.write_text("from yesterday\n")
    return path


@pytest.fixture
def logs(tmp_path, chat_log):
    told = []
    logs = StepLogs(tmp_path, lambda node: tmp_path / f"{node}.log", ("chat",), told.append)
    return logs, told, tmp_path / "07_heal_chat.log"


def test_a_step_is_told_before_it_is_done_and_logged_under_its_number(logs):
    steps, told, path = logs

    with steps.step(STEP) as note:
        assert [STEP] == told
        note("chat answers")

    lines = path.read_text().splitlines()
    assert lines[0].endswith("heal chat: start chat")
    assert lines[1].endswith("chat answers")
    assert lines[2].endswith("done")


def test_what_a_node_said_meanwhile_is_in_it_and_nothing_older(logs, chat_log):
    steps, _, path = logs

    with steps.step(STEP), chat_log.open("a") as file:
        file.write("listening on :4200\n")

    assert "--- chat said\nlistening on :4200\n" in path.read_text()
    assert "yesterday" not in path.read_text()


def test_a_node_that_says_too_much_is_cut_in_the_middle_and_pointed_to(logs, chat_log):
    steps, _, path = logs

    with steps.step(STEP), chat_log.open("a") as file:
        file.write(f"it begins{'x' * (NODE_BYTES_MAX - 13)}it ends")

    text = path.read_text()
    assert f"x\n… 3 bytes more in {chat_log}\nx" in text
    assert text.index("it begins") < text.index("bytes more") < text.index("it ends")


def test_a_step_that_failed_says_by_what_and_the_error_goes_on(logs):
    steps, _, path = logs

    with pytest.raises(RuntimeError, match="no ports left"), steps.step(STEP):
        raise RuntimeError("no ports left")

    assert "ended by RuntimeError: no ports left" in path.read_text()
    assert "--- chat said nothing" in path.read_text()


def test_a_node_without_a_log_is_no_obstacle(tmp_path):
    logs = StepLogs(tmp_path, lambda node: tmp_path / f"{node}.log", ("ghost",), lambda _: None)

    with logs.step(STEP):
        pass

    assert "done" in (tmp_path / STEP.log).read_text()
