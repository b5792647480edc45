"""What a contract promises, and how much of it was seen on a running stack. Pure.

An *item* is one thing that can be promised: an RPC, a field of its answer, an error code, a type of frame, a topic.
What cannot be reached is excused with a reason; whatever is excused and then seen all the same is an excuse that lies,
and whatever is seen without having been promised is a contract that does.

    coverage = Coverage()
    coverage.promise("RPC", ["chat.v1.MessageService/CreateMessage"])
    coverage.saw("RPC", "chat.v1.MessageService/CreateMessage")
    assert coverage.complete
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Gap:
    """Something between a contract and what was seen: the kind of item, the item, and what is wrong."""

    kind: str
    item: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.kind} {self.item}: {self.wrong}"


@dataclass
class Coverage:
    """Items by kind, in the order in which kinds were promised."""

    promised: dict[str, set[str]] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)
    excused: dict[str, dict[str, str]] = field(default_factory=dict)

    def promise(self, kind: str, items: Iterable[str]) -> None:
        """Note what a contract says there is."""
        self.promised.setdefault(kind, set()).update(items)

    def saw(self, kind: str, item: str) -> None:
        """Note what was there."""
        self.seen.setdefault(kind, set()).add(item)

    def excuse(self, reasons: Mapping[str, Mapping[str, str]]) -> None:
        """Note what need not be seen, and why: kind to item to reason."""
        for kind, items in reasons.items():
            self.excused.setdefault(kind, {}).update(items)

    @property
    def complete(self) -> bool:
        """Whether all that was promised was seen, and nothing else."""
        return bool(self.promised) and not any(True for _ in self.gaps())

    def gaps(self) -> Iterator[Gap]:
        """Yield what is missing, what nobody promised, and excuses that are none."""
        for kind in dict.fromkeys((*self.promised, *self.seen, *self.excused)):
            promised, seen = self.promised.get(kind, set()), self.seen.get(kind, set())
            excused = self.excused.get(kind, {})
            for item in sorted(promised - seen - excused.keys()):
                yield Gap(kind, item, "promised, and never seen")
            for item in sorted(seen - promised):
                yield Gap(kind, item, "seen, and promised nowhere")
            for item in sorted(excused.keys() & seen):
                yield Gap(kind, item, "excused from being seen, and seen all the same; take it off the list")
            for item in sorted(excused.keys() - promised):
                yield Gap(kind, item, "excused, and promised nowhere; take it off the list")

    def rows(self) -> list[tuple[str, int, int, int]]:
        """Return (kind, promised, seen, excused) for each kind."""
        return [
            (kind, len(promised), len(promised & self.seen.get(kind, set())), len(self.excused.get(kind, {})))
            for kind, promised in self.promised.items()
        ]
