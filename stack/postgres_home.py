"""Where PostgreSQL's programs and data are, and as whom it runs.

Normally: the tool folder, the stack's folder, and whoever started the stack. Started by root it runs as ``nobody``;
and when ``nobody`` cannot get at the stack's folder (say it lies below a home folder of mode 700), programs and data
are kept in a private folder under /var/tmp instead, which ``veigo down --purge`` removes.
"""

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from veigo.stack.node import Account
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack

OTHERS_MAY_ENTER = 0o001
UNPRIVILEGED = "nobody"


def traversable_by_others(path: Path) -> bool:
    """Whether every folder above the path lets any account through."""
    return all(parent.stat().st_mode & OTHERS_MAY_ENTER for parent in path.resolve().parents)


@dataclass(frozen=True)
class Home:
    """Programs, data and account of one stack's PostgreSQL; ``refuge`` is the folder under /var/tmp if it needs one."""

    programs: Path
    data: Path
    account: Account | None = None
    refuge: Path | None = None
    source: Path | None = None

    @classmethod
    def of(cls, stack: Stack) -> "Home":
        """Decide for a stack, from who runs us and what the folders allow."""
        programs = stack.toolchain.path("postgres")
        data = stack.folder / "data" / "postgres"
        if os.geteuid() != 0:
            return cls(programs, data)
        entry = pwd.getpwnam(UNPRIVILEGED)
        account = Account(entry.pw_uid, entry.pw_gid)
        data.parent.mkdir(parents=True, exist_ok=True)
        if traversable_by_others(data) and traversable_by_others(programs):
            return cls(programs, data, account)
        digest = hashlib.sha256(str(stack.home).encode()).hexdigest()[:12]
        refuge = Path("/var/tmp") / f"veigo-{digest}"  # noqa: S108 - private (0711), and kept across a restart
        return cls(refuge / programs.name, refuge / stack.name, account, refuge, programs)

    def install(self) -> None:
        """Make the folders, and copy the programs when they have to be elsewhere.

        Raises:
            StackError: somebody else owns the folder under /var/tmp.
        """
        if self.refuge is None or self.source is None:
            self.data.parent.mkdir(parents=True, exist_ok=True)
            return
        self.refuge.mkdir(mode=0o711, exist_ok=True)
        if self.refuge.is_symlink() or self.refuge.stat().st_uid != os.geteuid():
            raise StackError(
                f"{self.refuge} belongs to somebody else; remove it, or move the repository out of a private folder"
            )
        if not self.programs.exists():
            draft = self.refuge / f".{self.programs.name}.{os.getpid()}"
            shutil.copytree(self.source, draft, symlinks=True)
            draft.rename(self.programs)

    def make_folder(self, path: Path) -> None:
        """A folder that belongs to the account PostgreSQL runs as."""
        path.mkdir(mode=0o700)
        self.give(path)

    def give(self, path: Path) -> None:
        """Let the account PostgreSQL runs as own the path."""
        if self.account is not None:
            os.chown(path, self.account.user_id, self.account.group_id)

    def discard(self) -> None:
        """Remove what lies in the refuge: this stack's data, and the refuge itself with the last stack."""
        if self.refuge is None or not self.refuge.exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        if all(folder.name.lstrip(".").startswith("postgres-") for folder in self.refuge.iterdir()):
            shutil.rmtree(self.refuge, ignore_errors=True)
