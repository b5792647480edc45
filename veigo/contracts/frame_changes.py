"""What changed in the socket's frames: types, and what stands in them, in both directions."""

from collections.abc import Iterator

from veigo.contracts.change import Change, Severity
from veigo.contracts.contracts import Frame, frames_of
from veigo.contracts.document import Json
from veigo.contracts.parties import CLIENTS, Parties
from veigo.contracts.schema_changes import Use, schema_changes

OWNER = "realtime"
KEEP = {
    "server": "Go on sending it as it was, and add a key or a frame type for what is new",
    "client": "Go on accepting it as it was, and add an optional key or a frame type for what is new",
}


def frame_changes(old: Json, new: Json, parties: Parties) -> Iterator[Change]:
    """Tell what changed between two AsyncAPI documents."""
    before, after = frames_of(old), frames_of(new)
    for name in sorted(before.keys() | after.keys()):
        frame = before.get(name) or after[name]
        for severity, at, what in _changes(before.get(name), after.get(name)):
            advice = "Nothing to do" if severity is Severity.SAFE else KEEP[frame.sent_by]
            yield Change("frames", severity, f"{name} {at}".rstrip(), what, OWNER, parties.listeners, advice)
    if old["channels"]["socket"]["address"] != new["channels"]["socket"]["address"]:
        what = f"is {new['channels']['socket']['address']} where it was {old['channels']['socket']['address']}"
        yield Change("frames", Severity.BREAKING, "the socket's address", what, OWNER, (CLIENTS,), "Keep it as well")


def _changes(old: Frame | None, new: Frame | None) -> Iterator[tuple[Severity, str, str]]:
    if new is None:
        yield Severity.BREAKING, "", "is gone"
    elif old is None:
        yield Severity.SAFE, "", "is new"
    elif old.sent_by != new.sent_by:
        yield Severity.BREAKING, "", f"is sent by the {new.sent_by} and not by the {old.sent_by}"
    else:
        yield from schema_changes(old.schema, new.schema, Use.READ if old.sent_by == "server" else Use.WRITTEN)
