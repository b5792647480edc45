"""What every Kafka topic promises, made of `topics.py`, the connectors' configurations and the services' migrations.

`python -m stack.record_contracts` prints one JSON object: by topic, who owns it, its partitions and settings, and the
JSON Schemas of a record's key and value. The value of a captured table is Debezium's envelope around one row; in
`chat.public.room_events` the row's `payload` is itself JSON text, by type in `contracts/chat_cdc/room_events.json`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from stack import connectors, topics
from stack.captured_columns import Column, Database, database

ROOT = Path(__file__).resolve().parents[1]
PAYLOADS = {"chat.public.room_events": ROOT / "contracts" / "chat_cdc" / "room_events.json"}
OWNERS = {"veigo.dead_letters": "aggregator"}  # all others carry what their connector captures

TYPES: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "text": {"type": "string"},
    "jsonb": {"type": "string", "contentMediaType": "application/json"},
    "boolean": {"type": "boolean"},
    "int": {"type": "integer"},
    "bigint": {"type": "integer"},
    "timestamptz": {"type": "string", "format": "date-time"},  # time.precision.mode: isostring
    "bytea": {"type": "string", "contentEncoding": "base64"},
}
OPERATIONS = {"c": "INSERT", "u": "UPDATE", "d": "DELETE"}


def contracts() -> dict[str, Any]:
    """Return the contract of every topic, by its name."""
    databases = {name: database(ROOT / "services" / name / "schema" / "versions") for name in connectors.DATABASES}
    return {topic: _contract(topic, databases) for topic in topics.PARTITIONS}


def _contract(topic: str, databases: dict[str, Database]) -> dict[str, Any]:
    prefix, _, table = topic.partition(".public.")
    if prefix in databases:
        records = _table(prefix, table, databases[prefix])
    elif topic.startswith("__debezium-heartbeat."):
        prefix = topic.rpartition(".")[2]
        records = {"key": _object({"serverName": {"const": prefix}}), "value": _object({"ts_ms": {"type": "integer"}})}
    else:  # bytes as they came, whatever they were
        records = {"headers": ["topic", "partition", "offset", "reason"], "key": {}, "value": {}}
    about: dict[str, Any] = {
        "topic": topic,
        "owner": OWNERS.get(topic, prefix),
        "partitions": topics.PARTITIONS[topic],
        "settings": topics.configuration_of(topic),
    }
    if topic in PAYLOADS:
        records["payloads"] = json.loads(PAYLOADS[topic].read_text(encoding="utf-8"))
    return about | records


def _table(connector: str, table: str, made: Database) -> dict[str, Any]:
    configuration = connectors.configuration(connector)
    listed = f"public.{table}" in configuration["table.include.list"].split(",")
    columns = made.captured(table) if listed else {}
    skipped = configuration.get("skipped.operations", "t").split(",")
    operations = {op: does for op, does in OPERATIONS.items() if op not in skipped}
    key = {name: _schema(columns[name]) for name in _key(configuration, table, made) if name in columns}
    value = _envelope(connector, table, made.keys.get(table, []), columns, list(operations))
    return {
        "operations": operations,
        "key": _converted(_object(key), configuration, "key"),
        "value": _converted(value, configuration, "value"),
    }


def _converted(schema: dict[str, Any], configuration: dict[str, str], part: str) -> dict[str, Any]:
    """What becomes of a key or value on its way into Kafka: JSON as it is, in an envelope of its own, or no JSON."""
    converter = configuration[f"{part}.converter"]
    if converter != "org.apache.kafka.connect.json.JsonConverter":
        return {"contentMediaType": converter}
    if configuration.get(f"{part}.converter.schemas.enable") == "false":
        return schema
    return _object({"schema": {"type": "object"}, "payload": schema})


def _key(configuration: dict[str, str], table: str, made: Database) -> list[str]:
    """Return the columns a record is keyed by: those the connector names, else the primary key's."""
    for entry in filter(None, configuration.get("message.key.columns", "").split(";")):
        name, _, columns = entry.partition(":")
        if name == f"public.{table}":
            return columns.split(",")
    return made.keys.get(table, [])


def _envelope(
    connector: str, table: str, key: list[str], columns: dict[str, Column], operations: list[str]
) -> dict[str, Any]:
    row = _object({name: _schema(column) for name, column in columns.items()})
    # The replica identity is the key: a deleted row is known by that, and all else of it is null.
    gone = _object({n: _schema(c if n in key else Column(c.type, nullable=True)) for n, c in columns.items()})
    number = {"type": "integer"}
    source = {
        "connector": {"const": "postgresql"},
        "name": {"const": connector},
        "db": {"const": connectors.DATABASES[connector]},
        "schema": {"const": "public"},
        "table": {"const": table},
        "ts_us": number,
        "lsn": number,
        "txId": number,
    }
    return _object(
        {
            "op": {"enum": operations},
            "before": {"anyOf": [{"type": "null"}, gone]},
            "after": {"anyOf": [{"type": "null"}, row]} if "d" in operations else row,
            "source": _object(source),
            "ts_us": number,
        }
    )


def _schema(column: Column) -> dict[str, Any]:
    kind = TYPES.get(column.type, {"description": f"{column.type}: say in stack/record_contracts.py what it becomes"})
    if not column.nullable or "type" not in kind:
        return dict(kind)
    return kind | {"type": [kind["type"], "null"]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(contracts(), indent=2, ensure_ascii=False) + "\n")
