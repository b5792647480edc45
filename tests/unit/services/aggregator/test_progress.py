"""What /healthz says: 200 only when nothing keeps the aggregator from its work, and the reason otherwise."""

from services.aggregator.follower import first_to_read
from services.aggregator.progress import Progress, report


def test_it_is_not_healthy_before_partitions_are_assigned_and_opa_is_loaded():
    progress = Progress()
    status, body = report(progress, now_s=0)
    assert (status, body["reason"]) == (503, "partitions are not assigned yet")

    progress.assigned = True
    status, body = report(progress, now_s=0)
    assert (status, body["reason"]) == (503, "OPA is not loaded yet")

    progress.loaded = True
    status, body = report(progress, now_s=0)
    assert (status, body["status"], body["reason"]) == (200, "ok", None)


def test_it_says_what_it_waits_for():
    progress = Progress(assigned=True, loaded=True, waiting_for="mongodb: connection refused")
    assert report(progress, now_s=0)[1]["reason"] == "waiting for mongodb: connection refused"
    assert report(progress, now_s=0)[0] == 503

    progress = Progress(assigned=True, loaded=True, log_away="kafka: no answer")
    assert report(progress, now_s=0)[1]["reason"] == "waiting for kafka: no answer"
    assert report(progress, now_s=0)[0] == 503


def test_a_part_that_hangs_is_told_before_its_time_is_up():
    progress = Progress(assigned=True, loaded=True, step=("mongodb", 10.0))
    assert report(progress, now_s=12)[0] == 200

    assert report(progress, now_s=17)[1]["reason"] == "waiting for mongodb: no answer for 7 s"
    assert report(progress, now_s=17)[0] == 503


def test_positions_and_lag_are_told_for_every_partition():
    progress = Progress(positions={("b", 0): 7, ("a", 1): 3}, ends={("b", 0): 10}, applied_at_s=1.5)
    progress.gaps["a", 1] = (0, 3)
    _, body = report(progress, now_s=4)

    assert list(body["partitions"].items()) == [
        ("a:1", {"position": 3, "end": None, "lag": 0, "missed": (0, 3)}),
        ("b:0", {"position": 7, "end": 10, "lag": 3, "missed": None}),
    ]
    assert body["lag"] == 3
    assert body["last_applied_s"] == 2.5


def test_an_end_asked_before_the_last_batch_is_no_negative_lag():
    _, body = report(Progress(positions={("a", 0): 7}, ends={("a", 0): 5}), now_s=0)

    assert body["lag"] == 0


def test_reading_starts_at_the_stored_position_or_at_what_the_log_still_has():
    assert first_to_read(stored=5, begin=0, end=9) == 5
    assert first_to_read(stored=9, begin=0, end=9) == 9
    assert first_to_read(stored=2, begin=4, end=9) == 4


def test_a_position_past_the_end_is_another_logs_and_this_one_is_read_from_its_beginning():
    assert first_to_read(stored=10, begin=0, end=9) == 0
