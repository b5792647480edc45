"""The .proto sources as descriptors, flattened: every service, RPC, message, field and enum value by its full name."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorSet

from veigo.stack.problem import StackError

BUF_WITHIN_S = 30
FOUND = 100  # buf's exit code when it has findings


@dataclass(frozen=True)
class Rpc:
    """One RPC: its request and response by full name, and what its comment says."""

    name: str
    request: str
    response: str
    says: str


@dataclass(frozen=True)
class Protos:
    """A set of .proto files, compiled."""

    files: FileDescriptorSet

    @cached_property
    def rpcs(self) -> dict[str, Rpc]:
        """Every RPC by `package.Service.Name`."""
        found = {}
        for file in self.files.file:
            comments = {tuple(at.path): at.leading_comments for at in file.source_code_info.location}
            for place, service in enumerate(file.service):
                for number, rpc in enumerate(service.method):
                    name = f"{file.package}.{service.name}.{rpc.name}"
                    says = " ".join(comments.get((6, place, 2, number), "").split())
                    found[name] = Rpc(name, rpc.input_type.lstrip("."), rpc.output_type.lstrip("."), says)
        return found

    @cached_property
    def messages(self) -> dict[str, DescriptorProto]:
        """Every message by full name, nested ones included."""
        return {
            name: message
            for file in self.files.file
            for top in file.message_type
            for name, message in _with_nested(f"{file.package}.{top.name}", top)
        }

    @cached_property
    def values(self) -> dict[str, int]:
        """Every enum value's number by `package.Enum.VALUE`."""
        return {
            f"{file.package}.{enum.name}.{value.name}": value.number
            for file in self.files.file
            for enum in file.enum_type
            for value in enum.value
        }

    @cached_property
    def names(self) -> set[str]:
        """Everything there is, by full name."""
        fields = {f"{name}.{field.name}" for name, message in self.messages.items() for field in message.field}
        return {*self.rpcs, *self.messages, *fields, *self.values}

    def rpcs_with(self, name: str) -> list[Rpc]:
        """The RPCs that a type, or a part of one, or the RPC itself or its service, is part of."""
        return [
            rpc
            for rpc in self.rpcs.values()
            if rpc.name == name
            or rpc.name.startswith(f"{name}.")
            or any(name == type_ or name.startswith(f"{type_}.") for type_ in self._reached(rpc))
        ]

    def _reached(self, rpc: Rpc) -> set[str]:
        """Every message and enum that an RPC's request or response holds."""
        reached: set[str] = set()
        waiting = [rpc.request, rpc.response]
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            reached.add(name)
            message = self.messages.get(name)
            waiting += [field.type_name.lstrip(".") for field in message.field if field.type_name] if message else []
        return reached


def _with_nested(name: str, message: DescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    yield name, message
    for inner in message.nested_type:
        yield from _with_nested(f"{name}.{inner.name}", inner)


def kind_of(field: FieldDescriptorProto) -> str:
    """A field's type as it is written in a .proto file."""
    name = field.type_name.rpartition(".")[2] or FieldDescriptorProto.Type.Name(field.type)[5:].lower()
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        return f"repeated {name}"
    return f"optional {name}" if field.proto3_optional else name


def compiled(buf: Path, sources: Mapping[str, str]) -> Protos:
    """Compile .proto sources.

    Raises:
        StackError: they are wrong; the sentence says where.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lay_out(sources, folder / "protos")
        image = folder / "image.binpb"
        run(buf, folder / "protos", "build", ".", "-o", str(image))
        return Protos(FileDescriptorSet.FromString(image.read_bytes()))


def lay_out(sources: Mapping[str, str], folder: Path) -> None:
    """Write sources into a folder, which is made."""
    for path, text in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def run(buf: Path, folder: Path, *arguments: str) -> str:
    """Run buf and return what it printed: nothing, or its findings.

    Raises:
        StackError: it could not do it.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the buf that we have built
            [str(buf), *arguments], cwd=folder, capture_output=True, text=True, timeout=BUF_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"buf {arguments[0]} did not finish within {BUF_WITHIN_S} s") from None
    if done.returncode not in (0, FOUND) or (done.returncode == FOUND and not done.stdout):
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise StackError(f"buf {arguments[0]} failed: {said[0]}")
    return done.stdout
