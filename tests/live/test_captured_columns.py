"""What the contracts read out of the migrations is what PostgreSQL and Kafka have after they ran."""

import asyncpg
import pytest
from confluent_kafka.admin import AdminClient, ConfigResource

from stack import record_contracts
from stack.captured_columns import database
from stack.connectors import DATABASES
from stack.postgres import SUPERUSER
from veigo.stack.stack import home_folder
from veigo.stack.vault import Secrets

PUBLISHED = """
    SELECT published.tablename AS table, attribute.attname AS column,
           format_type(attribute.atttypid, NULL) AS type, NOT attribute.attnotnull AS nullable
    FROM pg_publication_tables AS published
    JOIN pg_attribute AS attribute
        ON attribute.attrelid = format('%I.%I', published.schemaname, published.tablename)::regclass
       AND attribute.attname = ANY (published.attnames)
    WHERE published.pubname = $1"""
SPELLED = {"timestamp with time zone": "timestamptz", "integer": "int"}


@pytest.mark.parametrize("service", DATABASES)
async def test_the_columns_that_leave_are_those_postgresql_publishes(service, stack):
    """Names, types and whether they may be null, of every published table."""
    password = Secrets(home_folder() / "stacks" / stack.name / "secrets").password(SUPERUSER)
    address = f"postgresql://{SUPERUSER}:{password}@{stack.nodes['postgres']}/{DATABASES[service]}"
    connection = await asyncpg.connect(address)
    rows = await connection.fetch(PUBLISHED, f"veigo_{service}")
    await connection.close()
    there = {(row["table"], row["column"]): (SPELLED.get(row["type"], row["type"]), row["nullable"]) for row in rows}
    read = database(record_contracts.ROOT / "services" / service / "schema" / "versions")

    assert there
    assert there == {
        (table, name): (column.type, column.nullable)
        for table in read.published
        for name, column in read.captured(table).items()
    }


def test_every_topic_has_the_partitions_and_settings_it_promises(stack):
    admin = AdminClient({"bootstrap.servers": stack.nodes["kafka"]})
    topics = admin.list_topics(timeout=10).topics
    for name, promised in record_contracts.contracts().items():
        resource = ConfigResource(ConfigResource.Type.TOPIC, name)
        [(_, asked)] = admin.describe_configs([resource]).items()
        settings = asked.result(timeout=10)

        assert promised["partitions"] == len(topics[name].partitions)
        assert promised["settings"] == {key: settings[key].value for key in promised["settings"]}
