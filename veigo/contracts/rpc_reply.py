"""What came back from a call, held against the contract: the reply's fields, or the status and its details. Pure.

AIP-193 and our own rule: every refusal carries `google.rpc.ErrorInfo` (reason: one of the codes all doors share, domain
`veigo`) and, when a field is at fault, `google.rpc.BadRequest`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet
from google.rpc import code_pb2, error_details_pb2, status_pb2

DOMAIN = "veigo"
REASONS = {
    "UNAUTHENTICATED": "UNAUTHENTICATED",
    "PERMISSION_DENIED": "FORBIDDEN",
    "NOT_FOUND": "NOT_FOUND",
    "INVALID_ARGUMENT": "INVALID_ARGUMENT",
    "ALREADY_EXISTS": "ALREADY_EXISTS",
    "ABORTED": "ABORTED",
    "RESOURCE_EXHAUSTED": "RESOURCE_EXHAUSTED",
    "DEADLINE_EXCEEDED": "DEADLINE_EXCEEDED",
    "UNAVAILABLE": "UNAVAILABLE",
}
"""Every status a service may answer with, and the reason its details give: INTERNAL and UNKNOWN are not among them."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that was refused, as its caller sees it.

    Attributes:
        code: name of the gRPC status.
        message: the sentence.
        reason: `ErrorInfo.reason`; None when the transport refused, which knows no details.
        fields: those that `BadRequest` names.
    """

    code: str
    message: str
    reason: str | None = None
    fields: tuple[str, ...] = ()


class BrokenContract(AssertionError):  # noqa: N818 - what it is
    """Something came that the contract does not allow."""


def refusal_in(code: str, message: str, details: bytes | None) -> Refusal:
    """Return what a status says.

    Raises:
        BrokenContract: it is not one that a service may answer with, or its details contradict it.
    """
    if code not in REASONS:
        raise BrokenContract(f"{code} is no answer: {message}")
    if details is None:
        return Refusal(code, message)
    status = status_pb2.Status.FromString(details)
    named = code_pb2.Code.Name(status.code)
    if (named, status.message) != (code, message):
        raise BrokenContract(f"the details say {named} {status.message!r}, the status {code} {message!r}")
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        if not (detail.Unpack(info) or detail.Unpack(request)):
            raise BrokenContract(f"{code} has a detail of the unknown type {detail.type_url}")
    if (info.domain, info.reason) != (DOMAIN, REASONS[code]):
        raise BrokenContract(f"{code} has the ErrorInfo {info.domain}/{info.reason}, not {DOMAIN}/{REASONS[code]}")
    return Refusal(code, message, info.reason, tuple(violation.field for violation in request.field_violations))


def fields_of(kind: Descriptor, within: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every field that a message of this type can carry, those inside included, as `Message.field`."""
    for field in kind.fields:
        yield f"{kind.name}.{field.name}"
        if _is_ours(field.message_type) and field.message_type.full_name not in within:
            yield from fields_of(field.message_type, (*within, kind.full_name))


def values_of(kind: Descriptor) -> Iterator[str]:
    """Yield every enum value that a message of this type can carry, but for zero, which says nothing."""
    for field in kind.fields:
        if field.enum_type is not None:
            yield from (value.name for value in field.enum_type.values if value.number)
        elif _is_ours(field.message_type):
            yield from values_of(field.message_type)


def carried_by(message: Message) -> Iterator[str]:
    """Yield the fields that a message carries, and the enum values in them.

    Raises:
        BrokenContract: it carries a field or an enum value that the contract does not know.
    """
    unknown_fields = UnknownFieldSet(message)
    unknown = [unknown_fields[number].field_number for number in range(len(unknown_fields))]
    if unknown:
        raise BrokenContract(f"{message.DESCRIPTOR.full_name} carries the unknown fields {unknown}")
    for field, value in message.ListFields():
        yield f"{message.DESCRIPTOR.name}.{field.name}"
        values = value if field.is_repeated else [value]
        if field.enum_type is not None:
            for number in values:
                known = field.enum_type.values_by_number.get(number)
                if known is None:
                    raise BrokenContract(
                        f"{field.full_name} holds {number}, which {field.enum_type.name} does not have"
                    )
                yield known.name
        elif _is_ours(field.message_type):
            for inner in values:
                yield from carried_by(inner)


def _is_ours(kind: Descriptor | None) -> TypeGuard[Descriptor]:
    return kind is not None and not kind.full_name.startswith("google.protobuf.")
