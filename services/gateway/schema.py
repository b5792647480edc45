"""The schema: the roots put together. `python -m services.gateway.schema` prints it, as `schema.graphql` keeps it."""

import sys
from pathlib import Path

import strawberry

from services.gateway.mutations import RootMutation
from services.gateway.queries import RootQuery
from services.gateway.subscriptions import RootSubscription

PRINTED = Path(__file__).with_name("schema.graphql")

schema = strawberry.Schema(query=RootQuery, mutation=RootMutation, subscription=RootSubscription)


def printed() -> str:
    """Return the schema in GraphQL's own language."""
    return schema.as_str() + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed())
