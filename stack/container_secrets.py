"""Passwords and keys for a stack in containers, made once: ``python -m stack.container_secrets /secrets``.

Each folder below is a volume that only the containers of its owner see, as files: no password stands in an environment
that ``docker inspect`` shows. Running it again gives the same files.
"""

import os
import sys
from pathlib import Path

from stack import postgres
from stack.job import stack_of
from stack.services import authentication_environment, chat_environment
from veigo.stack.stack import Stack

READABLE = 0o444  # by whatever account the owner's image runs as; nobody else has the volume


def files_of(stack: Stack) -> dict[str, str]:
    """What each owner is given: path below the secrets folder → content."""
    authentication = authentication_environment(stack)
    return {
        "postgres/password": stack.secrets.password(postgres.SUPERUSER),
        "connect/password": stack.secrets.password(postgres.REPLICATION_ROLE),
        "authentication/database_url": authentication["DATABASE_URL"],
        "authentication/signing_key.pem": Path(authentication["SIGNING_KEY_FILE"]).read_text(),
        "chat/database_url": chat_environment(stack)["DATABASE_URL"],
    }


def write(path: Path, content: str) -> None:
    """Write a file for its owner, whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(content)
    draft.chmod(READABLE)
    draft.replace(path)


def main() -> None:
    """Make what is not there, and write every owner's files."""
    folder = Path(sys.argv[1])
    for path, content in files_of(stack_of(os.environ | {"SECRETS_DIR": str(folder / "admin")})).items():
        write(folder / path, content)


if __name__ == "__main__":
    main()
