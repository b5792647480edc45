"""JSON held against its JSON Schema: frames and records, and which of their fields were seen. Pure.

What the schema does not name may be there all the same: that is how contracts grow.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from veigo.contracts.rpc_reply import BrokenContract

Schema = Mapping[str, Any]


def fields_of(schema: Schema, at: str) -> Iterator[str]:
    """Yield every field that a schema names, those inside included, as a path."""
    for alternative in (schema, *schema.get("anyOf", ())):
        for name, inner in alternative.get("properties", {}).items():
            yield f"{at}.{name}"
            yield from fields_of(inner, f"{at}.{name}")


def checked(schema: Schema, value: object, at: str) -> list[str]:
    """Return the fields of a value that are not null, as paths.

    Raises:
        BrokenContract: it is not what its schema says; the message says where, and shows no more than 300 characters.
    """
    errors = sorted(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value), key=str)
    if errors:
        where = ".".join(map(str, errors[0].absolute_path))
        raise BrokenContract(f"{at} breaks its contract at {where or 'its top'}: {errors[0].message[:300]}")
    return list(_held(value, at))


def _held(value: object, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:
                yield f"{at}.{name}"
                yield from _held(inner, f"{at}.{name}")
