"""PostgreSQL: two databases, one role per service, and a log that others may follow (``wal_level=logical``).

It refuses to run as root, so a stack started by root gives it an unprivileged account (``postgres_home.py``).
"""

import asyncio
import shutil
import signal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stack.postgres_home import Home
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.process import ChildProcess, last_lines
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

if TYPE_CHECKING:
    import asyncpg

SUPERUSER = "veigo"
DATABASES = {"auth_db": "auth_service", "chat_db": "chat_service"}  # database → the service role that works in it
REPLICATION_ROLE = "debezium"
INITDB_WITHIN_S = 60.0
COLLECTED_WITHIN_S = 10.0

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "wal_level": "logical",
    "max_wal_size": "512MB",
    # Off would be slower here: what follows the log is sent flushed changes only.
    "synchronous_commit": "on",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_senders": "8",
    "max_replication_slots": "8",
    "wal_sender_timeout": "10s",
    "jit": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
    "timezone": "UTC",
}

# What may be changed while the server runs, which a setting on the command line may not; set anew at every start.
CHANGEABLE = {
    # A slot nobody reads must not fill the disk: beyond this PostgreSQL gives the slot up, and Debezium says so.
    "max_slot_wal_keep_size": "2GB",
}


def dsn(stack: Stack, user: str, database: str, source: str | None = None) -> str:
    """A connection URL; ``source`` is the node that will use it, nobody for an administrator."""
    address = stack.address("postgres") if source is None else stack.reach(source, "postgres")
    return f"postgresql://{user}:{stack.secrets.password(user)}@{address}/{database}"


async def connect(stack: Stack, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A superuser's connection, for bootstrap and probes."""
    import asyncpg

    return await asyncpg.connect(dsn(stack, SUPERUSER, database), timeout=3)


async def prepare(stack: Stack) -> None:
    """Create the cluster if there is none: made beside its place and renamed when complete."""
    home = Home.of(stack)
    home.install()
    if home.data.exists():
        why = f"the postmaster before is still there; see {home.data / 'postmaster.pid'}"
        await until(partial(_require_collected, home.data / "postmaster.pid"), COLLECTED_WITHIN_S, why)
        return
    draft = home.data.with_name(f".{home.data.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    home.make_folder(draft)
    password_file = home.data.with_name(f".{home.data.name}.password")
    password_file.touch(mode=0o600)
    password_file.write_text(stack.secrets.password(SUPERUSER))
    home.give(password_file)
    launch = Launch(
        arguments=(
            *(str(home.programs / "bin" / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER),
            *("--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        ),
        account=home.account,
        folder=home.data.parent,
    )
    log = stack.log("postgres")
    try:
        child = await ChildProcess.start(launch, log)
        how = await asyncio.wait_for(child.ended(), INITDB_WITHIN_S)
    finally:
        password_file.unlink(missing_ok=True)
    if how != "exited with code 0":
        said = "\n".join(f"  {line}" for line in last_lines(log))
        raise StackError(f"initdb {how}; the end of {log}:\n{said}")
    draft.rename(home.data)


async def _require_collected(lock_file: Path) -> None:
    """Refuse while a postmaster that was killed still has a process number, as it has until somebody collects it.

    PostgreSQL takes that for a postmaster that runs, and would not start.
    """
    if (pid := uncollected(lock_file)) is not None:
        raise NotReadyError(f"process {pid} has ended and was not collected yet")


def uncollected(lock_file: Path) -> int | None:
    """The postmaster that a lock file names, if it has ended and its number was not given back."""
    import psutil

    try:
        pid = int(lock_file.read_text().split("\n", 1)[0])
        return pid if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE else None
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def launch(stack: Stack) -> Launch:
    """The server itself, nearly all settings on the command line so that the data folder holds none to go stale."""
    home = Home.of(stack)
    settings = SETTINGS | {"port": str(stack.port("postgres"))}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Launch(
        arguments=(str(home.programs / "bin" / "postgres"), "-D", str(home.data), *options),
        account=home.account,
        folder=home.data,
    )


async def bootstrap(stack: Stack) -> None:
    """Settings, roles and databases; whatever is there keeps what it has, and gets this stack's passwords."""
    for name in CHANGEABLE:
        await set_changeable(stack, name)
    connection = await connect(stack, "postgres")
    try:
        roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        for role in (*DATABASES.values(), REPLICATION_ROLE):
            verb = "ALTER" if role in roles else "CREATE"
            may = "LOGIN REPLICATION" if role == REPLICATION_ROLE else "LOGIN"
            # A password cannot be a parameter here; ours are hexadecimal digits.
            await connection.execute(f"{verb} ROLE {role} {may} PASSWORD '{stack.secrets.password(role)}'")
        databases = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for database, role in DATABASES.items():
            if database not in databases:
                # Copying files beats writing a whole database to the log, which checkpoints twice.
                await connection.execute(f"CREATE DATABASE {database} STRATEGY file_copy")
            await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
            await connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {role}, {REPLICATION_ROLE}")
    finally:
        await connection.close()


async def set_changeable(stack: Stack, name: str, value: str = "") -> None:
    """Change a setting of the running server, or give it back the value it is meant to have."""
    connection = await connect(stack, "postgres")
    try:
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value or CHANGEABLE[name]}'")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def probe(stack: Stack) -> None:
    """Ready when both databases answer a query."""
    for database in DATABASES:
        connection = await connect(stack, database)
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close()


async def watch(stack: Stack) -> None:
    """Change capture is watched from where it begins (``capture_watch.py``)."""
    from stack import capture_watch

    await capture_watch.watch(stack)


def discard(stack: Stack) -> None:
    """Remove what is kept outside the stack's folder, if anything is."""
    Home.of(stack).discard()


NODE = Node(
    name="postgres",
    does="PostgreSQL 18: the truth about accounts, rooms and messages",
    offset=500,
    prepare=prepare,
    launch=launch,
    bootstrap=bootstrap,
    probe=probe,
    watch=watch,
    discard=discard,
    stop_signal=signal.SIGINT,  # "fast" shutdown: roll back what is open and end, with a clean log
)
