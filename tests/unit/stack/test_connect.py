"""A failed connector is restarted, and one that goes on failing less and less often."""

from itertools import pairwise

from stack.connect import RESTART_PAUSE_MAX_S, RestartPace, failed_tasks


def status(connector="RUNNING", *tasks):
    return {"status": {"connector": {"state": connector}, "tasks": list(tasks)}}


def test_a_failed_task_is_found_with_the_first_line_of_its_reason():
    said = {"chat": status("RUNNING", {"state": "FAILED", "trace": "PSQLException: gone\n\tat somewhere"})}

    assert [("chat", "PSQLException: gone")] == list(failed_tasks(said))


def test_running_connectors_and_those_still_without_tasks_are_left_alone():
    said = {"chat": status("RUNNING", {"state": "RUNNING"}), "authentication": status("UNASSIGNED")}

    assert [] == list(failed_tasks(said))


def test_the_first_restart_is_at_once():
    assert RestartPace().due("chat", now_s=100.0)


def test_a_connector_that_goes_on_failing_is_restarted_less_and_less_often():
    pace = RestartPace()
    restarts = [second for second in range(300) if pace.due("chat", float(second))]
    gaps = [later - earlier for earlier, later in pairwise(restarts)]

    assert [2, 4, 8, 10, 10] == gaps[:5]
    assert max(gaps) <= RESTART_PAUSE_MAX_S


def test_a_connector_that_recovered_is_restarted_at_once_again():
    pace = RestartPace()
    pace.due("chat", 0.0)
    pace.due("chat", 2.0)

    pace.forget({"chat"}, now_s=20.0)

    assert pace.due("chat", 20.0)


def test_one_connectors_failures_do_not_slow_another():
    pace = RestartPace()
    pace.due("chat", 0.0)

    assert pace.due("authentication", 0.5)
