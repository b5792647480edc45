"""What changed in the Kafka topics: partitions, settings, keys, the columns that are captured, and payloads."""

from collections.abc import Iterator, Mapping

from veigo.contracts.change import Change, Severity
from veigo.contracts.document import Json
from veigo.contracts.parties import Parties
from veigo.contracts.schema_changes import Use, schema_changes

ADVICE = {
    "topic": "Keep the topic until its readers have moved to another",
    "partitions": "Keep the number: an order lives in one partition, and another number moves it; make a new topic",
    "key": "Keep the key: what has one key has one order; make a new topic for another",
    "value": "Keep the column as it is, and add another for what is new",
    "payloads": "Keep what the payload says, and add to it",
    "operations": "Go on telling it, until no reader waits for it",
    "settings": "See that every reader bears it: what stamps a record, and how long it is kept",
    "headers": "Keep the header",
}


def record_changes(old: Mapping[str, Json], new: Mapping[str, Json], parties: Parties) -> Iterator[Change]:
    """Tell what changed between two sets of topic contracts."""
    for topic in sorted(old.keys() | new.keys()):
        either = old.get(topic) or new[topic]
        owner, affected = either["owner"], parties.readers(either["owner"], topic)
        for severity, where, what, part in _topic_changes(topic, old.get(topic), new.get(topic)):
            advice = ADVICE[part] if severity is not Severity.SAFE else "Nothing to do"
            yield Change("records", severity, where, what, owner, affected, advice)


def _topic_changes(topic: str, old: Json | None, new: Json | None) -> Iterator[tuple[Severity, str, str, str]]:
    if old is None or new is None:
        gone = new is None
        yield (Severity.BREAKING if gone else Severity.SAFE), topic, ("is gone" if gone else "is new"), "topic"
        return
    if old["partitions"] != new["partitions"]:
        what = f"has {new['partitions']} partitions where it had {old['partitions']}"
        yield Severity.BREAKING, topic, what, "partitions"
    if old["owner"] != new["owner"]:
        yield Severity.DANGEROUS, topic, f"is {new['owner']}'s now, and was {old['owner']}'s", "topic"
    yield from _settings(topic, old["settings"], new["settings"])
    yield from _key(topic, old["key"], new["key"])
    for severity, at, what in schema_changes(old["value"], new["value"], Use.READ):
        yield severity, f"{topic} {at}".rstrip(), what, "value"
    yield from _operations(topic, old.get("operations", {}), new.get("operations", {}))
    for header in sorted({*old.get("headers", ())} - {*new.get("headers", ())}):
        yield Severity.BREAKING, f"{topic} header {header}", "is gone", "headers"
    yield from _payloads(topic, old.get("payloads", {}), new.get("payloads", {}))


def _settings(topic: str, old: Json, new: Json) -> Iterator[tuple[Severity, str, str, str]]:
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "Kafka's default"), new.get(name, "Kafka's default")
        if before == after:
            continue
        kept_longer = name == "retention.ms" and "Kafka" not in before + after and _kept(after) > _kept(before)
        severity = Severity.SAFE if kept_longer else Severity.BREAKING
        yield severity, f"{topic} {name}", f"is {after} where it was {before}", "settings"


def _kept(retention_ms: str) -> float:
    return float("inf") if int(retention_ms) < 0 else int(retention_ms)


def _key(topic: str, old: Json, new: Json) -> Iterator[tuple[Severity, str, str, str]]:
    before, after = list(old.get("properties", ())), list(new.get("properties", ()))
    if before != after:
        what = f"is {', '.join(after)} where it was {', '.join(before)}"
        yield Severity.BREAKING, f"{topic} key", what, "key"
        return
    for severity, at, what in schema_changes(old, new, Use.READ):
        yield severity, f"{topic} key {at}".rstrip(), what, "key"


def _operations(topic: str, old: Json, new: Json) -> Iterator[tuple[Severity, str, str, str]]:
    for op in sorted(old.keys() - new.keys()):
        yield Severity.BREAKING, topic, f"tells of no {old[op]} any more", "operations"


def _payloads(topic: str, old: Json, new: Json) -> Iterator[tuple[Severity, str, str, str]]:
    for name in sorted(old.keys() | new.keys()):
        where = f"{topic} {name}"
        if name not in new:
            yield Severity.BREAKING, where, "is gone", "payloads"
        elif name not in old:
            yield Severity.SAFE, where, "is new", "payloads"
        else:
            for severity, at, what in schema_changes(old[name], new[name], Use.READ):
                yield severity, f"{where} {at}".rstrip(), what, "payloads"
