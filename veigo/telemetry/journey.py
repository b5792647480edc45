"""What the journey page asks of a run store: buckets of time, never rows without a bound.

Every question is about a window of time and answered from one cursor, so that a page with a chart of a million
deliveries gets a few hundred numbers. A message belongs to the time it was meant to be sent at; without that, to the
first time it was seen at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from veigo.telemetry.store import TIME_OF

BUCKETS_MAX = 400  # more than a wide screen can show
MESSAGES_MAX = 200  # a list longer than that is not read, it is narrowed
FAULTS_MAX = 200
SERIES_MAX = 24  # of lag
BINS_PER_OCTAVE = 3
BIN_FLOOR_MS = 0.5
BINS = 51  # three an octave from 0.5 ms: up to a minute
CLOCK_SLACK_US = 1_000_000  # a delivery may be dated so much before its message by another machine's clock

_BEGAN = TIME_OF["messages"]
_BUCKET = "(({began}) - $since) // $width"


class Asked(Protocol):
    """Whatever answers SQL: a store, or a cursor that can be stopped."""

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
        """Return the rows by column name."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time from `since_us` until before `until_us`, in equal buckets."""

    since_us: int
    until_us: int
    buckets: int = 1

    @property
    def width_us(self) -> int:
        """How long a bucket is; the last may reach beyond the end."""
        return max(1, -(-(self.until_us - self.since_us) // self.buckets))

    @property
    def named(self) -> dict[str, int]:
        """The parameters of the statements."""
        return {"since": self.since_us, "until": self.until_us, "width": self.width_us}

    @property
    def bounds(self) -> dict[str, int]:
        """The same without the width."""
        return {"since": self.since_us, "until": self.until_us}


def bin_ms(index: int) -> float:
    """The lower bound of a bin of the heat map."""
    return float(BIN_FLOOR_MS * 2 ** (index / BINS_PER_OCTAVE))


def extent(store: Asked) -> dict[str, int | None]:
    """When the first and the last message were, and how many there are; times are null without any."""
    return store.rows(
        f"""SELECT min({_BEGAN}) AS since_us, max(greatest({_BEGAN}, coalesce(fanned_out_us, 0))) AS until_us,
                   count(*) AS messages, (SELECT count(*) FROM deliveries) AS deliveries FROM messages"""  # noqa: S608
    )[0]


# Deliveries are found by their time first: they lie in the file nearly in its order, so most of it is not read.
_MESSAGES = f"""
    chosen AS MATERIALIZED (
        SELECT message_id, {_BEGAN} AS began_us, fanned_out_us FROM messages
        WHERE {_BEGAN} >= $since AND {_BEGAN} < $until)"""  # noqa: S608 - our names
_RECEIVED = f"""
    received AS (
        SELECT (began_us - $since) // $width AS bucket, (delivered_us - began_us) / 1000 AS took_ms,
               (delivered_us - fanned_out_us) / 1000 AS delivery_ms
        FROM deliveries JOIN chosen USING (message_id)
        WHERE delivered_us >= $since - {CLOCK_SLACK_US})"""  # noqa: S608 - our names


def latencies(store: Asked, window: Window) -> list[dict[str, Any]]:
    """Percentiles from send to delivered by bucket; the row without a bucket is all of it."""
    return store.rows(
        f"""WITH {_MESSAGES}, {_RECEIVED}
            SELECT bucket, count(*) AS deliveries, quantile_cont(took_ms, [0.5, 0.95, 0.99]) AS quantiles,
                   max(took_ms) AS slowest_ms, avg(delivery_ms) AS delivery_ms
            FROM received GROUP BY GROUPING SETS ((bucket), ()) ORDER BY bucket NULLS LAST""",  # noqa: S608
        window.named,
    )


def heat(store: Asked, window: Window) -> list[dict[str, Any]]:
    """How many deliveries took how long, by bucket and bin of the logarithm of the latency."""
    return store.rows(
        f"""WITH {_MESSAGES}, {_RECEIVED}
            SELECT bucket, greatest(0, least({BINS - 1},
                       floor({BINS_PER_OCTAVE} * log2(greatest(took_ms, 0.001) / {BIN_FLOOR_MS}))))::INT AS bin,
                   count(*) AS deliveries
            FROM received GROUP BY ALL ORDER BY ALL""",  # noqa: S608 - our names
        window.named,
    )


def hops(store: Asked, window: Window) -> list[dict[str, Any]]:
    """How many messages were sent in each bucket, how many failed, and the mean of each hop in ms."""
    bucket = _BUCKET.format(began=_BEGAN)
    return store.rows(
        f"""SELECT {bucket} AS bucket, count(*) AS messages,
                   count(*) FILTER (committed_us IS NULL) AS uncommitted,
                   avg(committed_us - sent_us) / 1000 AS gateway_and_chat,
                   avg(captured_us - committed_us) / 1000 AS capture,
                   avg(appended_us - captured_us) / 1000 AS produce,
                   avg(received_us - appended_us) / 1000 AS dwell,
                   avg(fanned_out_us - received_us) / 1000 AS fan_out
            FROM messages WHERE {_BEGAN} >= $since AND {_BEGAN} < $until GROUP BY bucket ORDER BY bucket""",  # noqa: S608
        window.named,
    )


def lags(store: Asked, window: Window) -> list[dict[str, Any]]:
    """How far behind each slot (bytes) and each consumer (records, all partitions) was: the worst of each bucket."""
    return store.rows(
        f"""WITH worst AS (
                SELECT (at_us - $since) // $width AS bucket, metric, node, labels, max(value) AS value
                FROM points WHERE metric IN ('veigo.slot.lag', 'veigo.consumer.lag')
                AND at_us >= $since AND at_us < $until GROUP BY ALL)
            SELECT bucket, metric, coalesce(labels ->> '$.slot', node) AS who, sum(value) AS value FROM worst
            GROUP BY ALL ORDER BY metric DESC, who, bucket LIMIT {SERIES_MAX * BUCKETS_MAX}""",  # noqa: S608
        window.named,
    )


def faults(store: Asked, window: Window) -> list[dict[str, Any]]:
    """What was broken on purpose meanwhile; what is not healed yet has no end."""
    return store.rows(
        f"""SELECT fault, node, began_us, felt_us, healed_us FROM faults
            WHERE began_us < $until AND coalesce(healed_us, $until) >= $since
            ORDER BY began_us LIMIT {FAULTS_MAX}""",  # noqa: S608 - our names
        window.bounds,
    )


def messages(
    store: Asked, window: Window, limit: int, between_ms: tuple[float, float] | None = None
) -> list[dict[str, Any]]:
    """The messages of a time, the slowest first; or those of them somebody received after such a time.

    Each row says in `found` how many there are in all, and in `took_ms` when the last member had it; of a message
    nobody reported to have received, when it was handed to the sockets.
    """
    slower, faster = between_ms or (None, None)
    wanted = "" if between_ms is None else "WHERE within"
    return store.rows(
        f"""WITH chosen AS MATERIALIZED (
                SELECT *, {_BEGAN} AS began_us FROM messages WHERE {_BEGAN} >= $since AND {_BEGAN} < $until),
            received AS (
                SELECT message_id, count(*) AS received, max(delivered_us) AS last_us,
                       bool_or(delivered_us - began_us >= $slower AND delivered_us - began_us < $faster) AS within
                FROM deliveries JOIN (SELECT message_id, began_us FROM chosen) USING (message_id)
                WHERE delivered_us >= $since - {CLOCK_SLACK_US} GROUP BY message_id)
            SELECT message_id, room_id, sequence, began_us, coalesce(received, 0) AS received, recipients,
                   (coalesce(last_us, fanned_out_us) - began_us) / 1000 AS took_ms,
                   committed_us IS NULL AS uncommitted, coalesce(retries, 0) AS retries,
                   coalesce(replays, 0) AS replays,
                   (committed_us - sent_us) / 1000 AS gateway_and_chat,
                   (captured_us - committed_us) / 1000 AS capture, (appended_us - captured_us) / 1000 AS produce,
                   (received_us - appended_us) / 1000 AS dwell, (fanned_out_us - received_us) / 1000 AS fan_out,
                   (last_us - fanned_out_us) / 1000 AS delivery, count(*) OVER () AS found
            FROM chosen LEFT JOIN received USING (message_id) {wanted}
            ORDER BY took_ms DESC NULLS LAST, message_id LIMIT $limit""",  # noqa: S608 - our names
        window.bounds
        | {
            "limit": limit,
            "slower": None if slower is None else int(slower * 1000),
            "faster": None if faster is None else int(faster * 1000),
        },
    )


def rates(store: Asked, window: Window) -> list[dict[str, Any]]:
    """How often each kind of span began and failed a second, by node; the topology's edges are made of these."""
    return store.rows(
        """WITH told AS (
               SELECT node, labels ->> '$.span' AS span, metric, avg(value) AS value FROM points
               WHERE metric IN ('veigo.span.duration.rate', 'veigo.span.failed.rate')
               AND at_us >= $since AND at_us < $until GROUP BY ALL)
           SELECT node, span, coalesce(sum(value) FILTER (metric = 'veigo.span.duration.rate'), 0) AS per_s,
                  coalesce(sum(value) FILTER (metric = 'veigo.span.failed.rate'), 0) AS failed_per_s
           FROM told GROUP BY node, span ORDER BY node, span LIMIT 1000""",
        window.bounds,
    )


def deliveries_per_s(store: Asked, window: Window) -> float | None:
    """How many deliveries were reported a second; null when none was."""
    row = store.rows(
        "SELECT count(*) AS n FROM deliveries WHERE delivered_us >= $since AND delivered_us < $until", window.bounds
    )[0]
    return round(row["n"] * 1e6 / (window.until_us - window.since_us), 3) if row["n"] else None
