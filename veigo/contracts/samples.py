"""Examples made of schemas and descriptors: values that fit, the same every time, and telling where names are known."""

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto

from veigo.contracts.document import Json
from veigo.contracts.proto_files import Protos

ID = "01989a4e-7c1b-7d3f-9c55-2f6d7a0e4b11"
MOMENT = "2026-01-31T09:30:00.000001Z"
KNOWN = {
    "about": "Here to chat",
    "access": "<access token>",
    "client_id": "laptop",
    "content": "Hello 👋",
    "cursor": "<cursor>",
    "email": "bob@example.com",
    "json": "<JSON Web Key Set>",
    "name": "Home",
    "new_password": "Password@456",
    "op": "c",
    "password": "Password@123",
    "old_password": "Password@123",
    "payload": '{"id": "…", "senderId": "…", "content": "Hello 👋", "number": 1}',
    "privacy": "private",
    "refresh": "<refresh token>",
    "token": "<token>",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "type": "message.created",
}
KNOWN_OF = {"aggregator": {"type": "group"}}
WELL_KNOWN = {"google.protobuf.Timestamp": MOMENT, "google.protobuf.FieldMask": "name"}
STRINGS = {"uuid": ID, "date-time": MOMENT}


def of_schema(schema: Json, name: str = "") -> object:
    """Return a value that fits a JSON Schema of ours; what may be null is not."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if name == "before":  # there is one after a deletion only
        return None
    if "anyOf" in schema:
        return next((of_schema(each, name) for each in schema["anyOf"] if each != {"type": "null"}), None)
    kinds = schema.get("type", "null")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    match kind:
        case "object":
            return {key: of_schema(each, key) for key, each in schema.get("properties", {}).items()}
        case "array":
            return [of_schema(schema["items"], name)]
        case "string":
            return STRINGS.get(schema.get("format", ""), KNOWN.get(name, f"<{name}>"))
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return None


def of_message(protos: Protos, name: str) -> object:
    """Return a message in protobuf's JSON, with every field set; of a oneof, the first."""
    if name in WELL_KNOWN:
        return WELL_KNOWN[name]
    message: DescriptorProto = protos.messages[name]
    package = name.split(".")[1]
    said: dict[str, object] = {}
    chosen: set[int] = set()
    for field in message.field:
        if field.HasField("oneof_index") and not field.proto3_optional:
            if field.oneof_index in chosen:
                continue
            chosen.add(field.oneof_index)
        value = _field(protos, field, package)
        said[field.json_name] = [value] if field.label == FieldDescriptorProto.LABEL_REPEATED else value
    return said


def _field(protos: Protos, field: FieldDescriptorProto, package: str) -> object:
    type_name = field.type_name.lstrip(".")
    kind = FieldDescriptorProto
    if field.type == kind.TYPE_MESSAGE:
        return of_message(protos, type_name)
    if field.type == kind.TYPE_ENUM:
        values = [value for value in protos.values if value.startswith(f"{type_name}.")]
        return values[1].rpartition(".")[2]
    if field.type == kind.TYPE_BOOL:
        return True
    if field.type == kind.TYPE_INT64:
        return "1"  # protobuf's JSON writes 64 bits as text, since not every reader has as many
    if field.type != kind.TYPE_STRING:
        return 1
    if field.name == "id" or field.name.endswith(("_id", "_ids", "members")):
        return KNOWN.get(field.name, ID)
    if field.name.endswith("_at"):
        return MOMENT
    return KNOWN_OF.get(package, {}).get(field.name) or KNOWN.get(field.name, f"<{field.name}>")
