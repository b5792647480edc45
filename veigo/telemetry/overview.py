"""The charts of the journey page as columns: one number for each bucket, null where there is none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from veigo.telemetry import journey
from veigo.telemetry.journey import Asked, Window

HOPS = {
    "gateway_and_chat": "gateway and chat",
    "capture": "capture",
    "produce": "produce",
    "dwell": "dwell",
    "fan_out": "fan-out",
    "delivery": "delivery",
}
LAGS = {"veigo.slot.lag": ("slot", "B"), "veigo.consumer.lag": ("consumer", "records")}


def overview(store: Asked, window: Window) -> dict[str, Any]:
    """Everything that is drawn over time."""
    latencies = journey.latencies(store, window)
    of_all = [row for row in latencies if row["bucket"] is None]
    by_bucket = [row for row in latencies if row["bucket"] is not None]
    hops = journey.hops(store, window)
    deliveries = column(window, by_bucket, "deliveries")
    means = {name: column(window, hops, name) for name in HOPS if name != "delivery"}
    means["delivery"] = column(window, by_bucket, "delivery_ms")
    return {
        "since_us": window.since_us,
        "until_us": window.until_us,
        "width_us": window.width_us,
        "buckets": window.buckets,
        "totals": totals(of_all, hops),
        "messages": column(window, hops, "messages"),
        "uncommitted": column(window, hops, "uncommitted"),
        "deliveries": deliveries,
        "quantiles": quantiles(window, by_bucket),
        "heat": {
            "floor_ms": journey.BIN_FLOOR_MS,
            "per_octave": journey.BINS_PER_OCTAVE,
            "bins": journey.BINS,
            "cells": [[row["bucket"], row["bin"], row["deliveries"]] for row in journey.heat(store, window)],
        },
        "hops": means,
        "lags": lags(window, journey.lags(store, window)),
        "faults": journey.faults(store, window),
    }


def column(window: Window, rows: Iterable[Mapping[str, Any]], name: str) -> list[float | None]:
    """One number for each bucket."""
    values: list[float | None] = [None] * window.buckets
    for row in rows:
        if 0 <= row["bucket"] < window.buckets and row[name] is not None:
            values[row["bucket"]] = round(row[name], 3)
    return values


def quantiles(window: Window, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float | None]]:
    """A column for each percentile."""
    return {
        name: column(window, [{"bucket": row["bucket"], name: row["quantiles"][at]} for row in rows], name)
        for at, name in enumerate(("p50", "p95", "p99"))
    }


def totals(of_all: Sequence[Mapping[str, Any]], hops: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of the whole window; what nobody received has no percentiles."""
    told = of_all[0] if of_all and of_all[0]["deliveries"] else None
    p50, p95, p99 = told["quantiles"] if told else (None, None, None)
    return {
        "messages": sum(row["messages"] for row in hops),
        "uncommitted": sum(row["uncommitted"] for row in hops),
        "deliveries": told["deliveries"] if told else 0,
        "p50": p50,
        "p95": p95,
        "p99": p99,
        "slowest": told["slowest_ms"] if told else None,
    }


def lags(window: Window, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A column for each slot and each consumer, as many as a chart can show."""
    series: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        series.setdefault((row["metric"], row["who"]), []).append(row)
    found = []
    for (metric, who), told in list(series.items())[: journey.SERIES_MAX]:
        what, unit = LAGS[metric]
        found.append({"what": what, "who": who, "unit": unit, "values": column(window, told, "value")})
    return found
