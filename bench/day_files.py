"""Files of one day each, in `bench/results/`: read, found, and written without ever leaving half of one."""

from pathlib import Path
from typing import TypeVar

import msgspec

from veigo.stack.problem import StackError

FOLDER = Path(__file__).parent / "results"

Kept = TypeVar("Kept", bound=msgspec.Struct)


def newest(folder: Path, beginning: str, otherwise: str) -> Path:
    """The newest file whose name begins like that.

    Raises:
        StackError: there is none; `otherwise` is what is said then.
    """
    found = sorted(folder.glob(f"{beginning}????-??-??.json"))
    if not found:
        raise StackError(otherwise)
    return found[-1]


def read(path: Path, kind: type[Kept], otherwise: str) -> Kept:
    """Read a file.

    Raises:
        StackError: it holds nothing of the kind, for which `otherwise` has the words.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise StackError(f"{path} holds {otherwise} ({error})") from error


def write(kept: msgspec.Struct, path: Path, indent: int) -> None:
    """Write beside the place, then put it there: whatever interrupts it, no half of it is left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=indent) + b"\n")
    draft.replace(path)
