"""Ends what a pytest session had running when that was killed: ``python -m veigo.testing.keeper FOLDER``.

The system gives back a lock when the process that held it is no more, however it ended. A session holds one as long as
it lives; this process, in a session of the system of its own, waits for it. What a session ends itself is not there any
more by then.
"""

import fcntl
import os
import sys
from pathlib import Path

from veigo.testing.shared_session import SharedSession, locked


def main() -> int:
    """Let whoever called go on, and wait for the session's end, which nobody can bound; then end the rest."""
    if os.fork():
        return 0
    os.setsid()
    folder = Path(sys.argv[1])
    try:
        with (folder / "owner").open() as owner:
            fcntl.flock(owner, fcntl.LOCK_EX)
        with locked(folder):  # until what was starting has started
            SharedSession(folder, "", None).close()
    except FileNotFoundError:
        pass  # the session has ended everything itself
    return 0


if __name__ == "__main__":
    sys.exit(main())
