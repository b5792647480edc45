"""Rows on their way."""

from veigo.telemetry.rows import Batch, Delivery, Point


def test_a_batch_is_cut_into_bounded_ones():
    """Nothing is lost, nothing is doubled, and none is larger than asked for."""
    deliveries = [Delivery(str(n), "bob", "1", n) for n in range(7)]
    points = [Point(n, "chat", "x", "{}", 1.0) for n in range(3)]
    slices = list(Batch(deliveries=deliveries, points=points).slices(3))

    assert [6, 3, 1] == [len(one) for one in slices]
    assert deliveries == [delivery for one in slices for delivery in one.deliveries]
    assert points == [point for one in slices for point in one.points]
