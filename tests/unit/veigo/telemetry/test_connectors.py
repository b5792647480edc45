"""What is told of the connectors is what Kafka Connect answered."""

from veigo.telemetry.connectors import told


def status(*tasks, connector="RUNNING"):
    return {"chat": {"status": {"connector": {"state": connector}, "tasks": [{"state": task} for task in tasks]}}}


def figures(answer):
    return {metric: series.value for _, metric, series in told(answer, at_us=5)}


def test_a_connector_that_runs_has_no_failed_task():
    """And is told by its name."""
    (_, *series) = [series for _, _, series in told(status("RUNNING"), at_us=5)]

    expected = {"veigo.connect.up": 1.0, "veigo.connector.failed": 0, "veigo.connector.running": 1}
    assert expected == figures(status("RUNNING"))
    assert [{"connector": "chat"}] * 2 == [one.labels for one in series]


def test_a_failed_task_is_counted():
    """One of two is enough to be alarmed by."""
    assert 1 == figures(status("RUNNING", "FAILED"))["veigo.connector.failed"]


def test_a_connector_that_failed_itself_is_counted():
    """It has no tasks then."""
    assert 1 == figures(status(connector="FAILED"))["veigo.connector.failed"]


def test_no_answer_says_nothing_of_the_connectors():
    """Only that there was none."""
    assert {"veigo.connect.up": 0.0} == figures(None)
