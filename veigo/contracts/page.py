"""The contract page, docs/contracts.md: everything that is promised, with an example, who promises it, and to whom."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import GraphQLField, build_schema

from veigo.contracts import samples
from veigo.contracts.comparison import Programs
from veigo.contracts.contracts import Contracts, frames_of
from veigo.contracts.decisions import answered, read
from veigo.contracts.parties import CLIENTS, Parties
from veigo.contracts.proto_files import Protos, compiled

PAGE = Path("docs") / "contracts.md"
EXAMPLES = Path("docs") / "graphql_examples.md"
HEAD = """# The contracts

What the parts of the stack promise each other. Made by `veigo contracts page` out of the sources named below; a test
holds it to them. What may change in them, and how, `veigo contracts diff` says; what has changed is in
[contracts/CHANGELOG.md](../contracts/CHANGELOG.md).

| contract | promised by | source |
|---|---|---|
| [GraphQL](#graphql) | gateway | `services/gateway/schema.graphql` |
| [Socket](#socket) | realtime | `services/realtime/`; as AsyncAPI 3 in `contracts/released/asyncapi.json` |
| [gRPC](#grpc) | authentication, chat, aggregator | `protos/` |
| [Kafka](#kafka) | the same, through Debezium | `stack/`, `services/debezium/`, migrations, `contracts/chat_cdc/` |
| [Policies](#policies) | opa | `policies/`, `contracts/services_opa/` |
"""


def page(contracts: Contracts, root: Path, parties: Parties, programs: Programs) -> str:
    """Return the page of the contracts of the tree at `root`.

    Raises:
        StackError: a program could not be run.
    """
    cases = answered(programs.opa, root, contracts.policies, read(root))
    sections = (
        [HEAD],
        _graphql(contracts.graphql, (root / EXAMPLES).read_text(encoding="utf-8")),
        _socket(contracts, parties),
        _grpc(compiled(programs.buf, contracts.protos), parties),
        _kafka(contracts, parties),
        _policies(contracts, parties, cases),
    )
    return "\n".join(line for section in sections for line in section).rstrip() + "\n"


def _graphql(schema: str, examples: str) -> Iterator[str]:
    yield "\n## GraphQL\n"
    yield f"gateway promises each to {CLIENTS}. What the examples answer: [graphql_examples.md](graphql_examples.md)."
    made = build_schema(schema)
    queries = dict(re.findall(r"^## (\w+)\n.*?```graphql\n(.*?)```", examples, re.MULTILINE | re.DOTALL))
    roots = {"query": made.query_type, "mutation": made.mutation_type, "subscription": made.subscription_type}
    for kind, type_ in roots.items():
        for name, field in (type_.fields if type_ else {}).items():
            yield f"\n### {kind} {name}\n"
            yield f"{' '.join((field.description or '').split())} `{_signature(name, field)}`"
            yield from _block(queries.get(name, ""), "graphql")


def _signature(name: str, field: GraphQLField) -> str:
    arguments = ", ".join(f"{key}: {argument.type}" for key, argument in field.args.items())
    return f"{name}({arguments}): {field.type}"


def _socket(contracts: Contracts, parties: Parties) -> Iterator[str]:
    yield "\n## Socket\n"
    yield f"realtime sends to and hears from {' and '.join(parties.listeners)}, as text frames of JSON."
    for frame in frames_of(contracts.frames).values():
        yield f"\n### {frame.type}\n"
        yield f"{'From' if frame.sent_by == 'client' else 'To'} the client. {frame.says}"
        yield from _block("\n".join(_line(example) for example in frame.examples), "json")


def _grpc(protos: Protos, parties: Parties) -> Iterator[str]:
    yield "\n## gRPC\n"
    yield "Examples are protobuf's JSON, every field set. How each call ends otherwise: `services/problems.py`."
    for name, rpc in sorted(protos.rpcs.items()):
        owner = name.split(".")[1]
        callers = parties.callers(owner, name.rpartition(".")[2])
        yield f"\n### {name.removeprefix('veigo.')}\n"
        yield f"{rpc.says} {_between(owner, callers, 'called by')}"
        asked, answered = (_line(samples.of_message(protos, each)) for each in (rpc.request, rpc.response))
        yield from _block(f"{asked}\n{answered}", "json")


def _kafka(contracts: Contracts, parties: Parties) -> Iterator[str]:
    yield "\n## Kafka\n"
    yield "Keys and values are JSON; a value is Debezium's envelope, of which is shown what readers may use."
    for topic, record in contracts.records.items():
        owner = record["owner"]
        settings = ", ".join(f"`{key}={value}`" for key, value in record["settings"].items())
        yield f"\n### {topic}\n"
        who = _between(owner, parties.readers(owner, topic), "read by")
        yield f"{who} Partitions: {record['partitions']}; {settings}."
        if "headers" in record:
            headers = ", ".join(record["headers"])
            yield f"\nKey and value are those of the record that nobody can read. Headers: {headers}."
            continue
        key, value = (_line(samples.of_schema(record[part])) for part in ("key", "value"))
        yield from _block(f"{key}\n{value}", "json")
        if "payloads" in record:
            yield "\n| event | says | payload |\n|---|---|---|"
        for name, payload in record.get("payloads", {}).items():
            yield f"| `{name}` | {payload['title']} | `{_line(samples.of_schema(payload))}` |"


def _policies(contracts: Contracts, parties: Parties, cases: list[dict[str, Any]]) -> Iterator[str]:
    yield "\n## Policies\n"
    yield "Asked by `POST /v1/data/<policy>/decision`. An answer of `stale` means: ask again, the data is behind."
    for name, policy in contracts.policies.items():
        yield f"\n### {name}\n"
        yield f"{policy['title']} {policy['description']} {_between('opa', parties.askers(name), 'asked by')}"
        shown: dict[str, dict[str, Any]] = {}
        for case in cases:
            if case["policy"] == name and case["data"] == "loaded":
                shown.setdefault(case["decision"]["outcome"], case)
        lines = [f"{_line({'input': case['input']})}\n{_line({'result': case['decision']})}" for case in shown.values()]
        yield from _block("\n".join(lines), "json")


def _between(owner: str, others: tuple[str, ...], how: str) -> str:
    return f"Promised by {owner}; {how} {', '.join(others) or 'nobody in the stack'}."


def _block(text: str, language: str) -> Iterator[str]:
    if text:
        yield f"\n```{language}\n{text.rstrip()}\n```"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
