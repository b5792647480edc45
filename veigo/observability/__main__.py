"""Write what is made from the expectations: `python -m veigo.observability`, in the repository's folder."""

import sys
from pathlib import Path

from stack.table import TOPOLOGY
from veigo.observability.expectations import read
from veigo.observability.made import made
from veigo.stack.problem import StackError


def main() -> int:
    """Write every file that is made."""
    folder = Path("observability")
    try:
        expectations = read(folder / "expected")
    except StackError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    for path, content in made(expectations, TOPOLOGY).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
        print(target)  # noqa: T201
    return 0


sys.exit(main())
