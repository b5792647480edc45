"""What became of messages, for Prometheus: latency and whole traces, counted from the run store now and then.

A message is counted once, when it has settled: so long after it was sent, whatever is told of it has been told. What is
told later still (a replay after an hour) is not counted again. Counting from rows that are there costs the intake
nothing, and a few milliseconds of DuckDB.
"""

from typing import Any

from veigo.telemetry.journey import Asked, Window
from veigo.telemetry.measurements import Exemplar, Series
from veigo.telemetry.span_metrics import BOUNDS_S, copied
from veigo.telemetry.store import TIME_OF

NODE = "collector"
COUNT_EVERY_S = 5.0
SETTLED_AFTER_US = 10_000_000
BEHIND_US_MAX = 120_000_000  # what could not be counted for so long is left out
_BEGAN = TIME_OF["messages"]
_WITHIN = " ".join(f"WHEN took_s <= {bound} THEN {number}" for number, bound in enumerate(BOUNDS_S))
_CHOSEN = f"""
    chosen AS MATERIALIZED (
        SELECT *, {_BEGAN} AS began_us FROM messages WHERE {_BEGAN} >= $since AND {_BEGAN} < $until)"""  # noqa: S608
_LATENCIES = f"""
    WITH {_CHOSEN},
    took AS (
        SELECT 'fanned_out' AS until, (fanned_out_us - began_us) / 1e6 AS took_s, trace_id FROM chosen
        WHERE fanned_out_us IS NOT NULL
        UNION ALL
        SELECT 'delivered', (delivered_us - began_us) / 1e6, trace_id FROM deliveries JOIN chosen USING (message_id)
        WHERE delivered_us >= $since - 1000000)
    SELECT until, CASE {_WITHIN} ELSE {len(BOUNDS_S)} END AS bucket, count(*) AS n, sum(took_s) AS sum_s,
           max(took_s) AS slowest_s, arg_max(trace_id, took_s) AS trace_id FROM took GROUP BY ALL"""  # noqa: S608 - our names
_TRACES = f"""
    WITH {_CHOSEN}
    SELECT count(*) AS stored, count(*) FILTER (captured_us IS NULL OR appended_us IS NULL OR received_us IS NULL
                                                OR fanned_out_us IS NULL) AS broken
    FROM chosen WHERE committed_us IS NOT NULL"""  # noqa: S608 - our names


class MessageMetrics:
    """Counts since it was made."""

    def __init__(self, now_us: int) -> None:
        self._counted_to_us = now_us
        self._traces = {"whole": 0, "broken": 0}
        self._latencies = {until: _histogram(until) for until in ("fanned_out", "delivered")}

    def count(self, store: Asked, now_us: int) -> None:
        """Count what has settled since the last time."""
        until_us = now_us - SETTLED_AFTER_US
        since_us = max(self._counted_to_us, until_us - BEHIND_US_MAX)
        if until_us <= since_us:
            return
        bounds = Window(since_us, until_us).bounds
        latencies, traces = (store.rows(sql, bounds) for sql in (_LATENCIES, _TRACES))
        self._counted_to_us = until_us
        self._traces["broken"] += traces[0]["broken"]
        self._traces["whole"] += traces[0]["stored"] - traces[0]["broken"]
        for row in latencies:
            self._add(row, until_us)

    def _add(self, row: dict[str, Any], at_us: int) -> None:
        series, bucket = self._latencies[row["until"]], row["bucket"]
        assert isinstance(series.buckets, list)
        series.buckets[bucket] += row["n"]
        series.count += row["n"]
        series.value += row["sum_s"]
        lower = BOUNDS_S[bucket - 1] if bucket else float("-inf")
        upper = BOUNDS_S[bucket] if bucket < len(BOUNDS_S) else float("inf")
        kept = [one for one in series.exemplars if not lower < one.value <= upper]
        series.exemplars = kept + ([Exemplar(row["slowest_s"], at_us, row["trace_id"], "")] if row["trace_id"] else [])

    def told(self, at_us: int) -> list[tuple[str, str, Series]]:
        """Every series as it is now: node, metric and series."""
        found = [(NODE, "veigo.message.latency", copied(series, at_us)) for series in self._latencies.values()]
        for state, n in self._traces.items():
            about = "Stored messages, by whether every hop told its time."
            found.append((NODE, "veigo.message.traces", Series("counter", "", about, {"state": state}, at_us, n)))
        return found


def _histogram(until: str) -> Series:
    about = "From the send until it was handed to every socket, or until a client reported to have it."
    empty = [0] * (len(BOUNDS_S) + 1)
    return Series("histogram", "s", about, {"until": until}, 0, bounds=BOUNDS_S, buckets=empty)
