"""Parts of the stack by themselves, in containers that know nothing of Veigo."""

import uuid

import aiohttp
import asyncpg
import pytest
from confluent_kafka.admin import AdminClient
from motor.motor_asyncio import AsyncIOMotorClient

from veigo.stack.engine import docker
from veigo.testing.kafka import ApacheKafkaContainer
from veigo.testing.opa import OpaContainer
from veigo.testing.parts import PartError, Parts, end


async def test_postgresql_can_be_captured_from(veigo_postgres):
    connection = await asyncpg.connect(veigo_postgres.url, timeout=10)
    try:
        assert "logical" == await connection.fetchval("SHOW wal_level")
    finally:
        await connection.close()


def test_kafka_has_a_broker(veigo_kafka):
    admin = AdminClient({"bootstrap.servers": veigo_kafka.address})

    assert [1] == list(admin.list_topics(timeout=20).brokers)


async def test_mongodb_keeps_a_document(veigo_mongo):
    client = AsyncIOMotorClient(veigo_mongo.url, serverSelectionTimeoutMS=10_000)
    try:
        await client.test.documents.insert_one({"_id": "kept"})

        assert {"_id": "kept"} == await client.test.documents.find_one({"_id": "kept"})
    finally:
        client.close()


async def test_open_policy_agent_has_the_policies(veigo_opa):
    async with aiohttp.ClientSession() as http, http.get(f"{veigo_opa.url}/v1/policies") as answer:
        assert [each["id"] for each in (await answer.json())["result"]]


async def test_connect_has_debezium(veigo_connect):
    async with aiohttp.ClientSession() as http, http.get(f"{veigo_connect.url}/connector-plugins") as answer:
        classes = {each["class"] for each in await answer.json()}

    assert "io.debezium.connector.postgresql.PostgresConnector" in classes


def test_open_policy_agent_decides_by_policies_and_data(tmp_path):
    (tmp_path / "doors.rego").write_text("package doors\n\nopen if input.user in data.guests\n")
    with OpaContainer().with_policies(tmp_path) as opa:
        opa.put_data("guests", ["bob"])

        assert [True, None] == [opa.decide("doors/open", {"user": user}) for user in ("bob", "eve")]


def test_a_broker_can_be_used_as_soon_as_it_has_started():
    with ApacheKafkaContainer() as kafka:
        assert AdminClient({"bootstrap.servers": kafka.bootstrap_servers}).list_topics(timeout=5).brokers


def test_what_does_not_come_up_is_told_with_its_last_lines(tmp_path):
    """A policy that is none ends the server."""
    (tmp_path / "broken.rego").write_text("package broken\n\nallow if {\n")
    name = f"pytest-{uuid.uuid4().hex[:6]}"
    try:
        with pytest.raises(PartError, match=r"; its last lines:\n(.*\n)*.*rego_parse_error"):
            Parts(name).started(OpaContainer().with_policies(tmp_path))
    finally:
        end(name)
    assert "" == docker("ps", "--all", "--quiet", "--filter", f"name={name}")
