"""Quicker JVMs: at the first start each writes down the classes it loaded, and later starts map that file.

Most of what a JVM does in its first seconds is finding, parsing and verifying classes, the same ones every time. A
class archive (Java's own dynamic AppCDS) halves the processor time of a start. It is made from the running node once it
has done everything a start involves, kept beside the tools, and only a help: a JVM that cannot use it goes without.
"""

import asyncio
import hashlib
import os
import shutil
from pathlib import Path

from stack import connectors
from veigo.stack.node import Job
from veigo.stack.stack import Stack
from veigo.stack.state import read_record

NODES = ("kafka", "connect", "mongo")
DUMP_WITHIN_S = 60.0
# Without this some builds of Java map the file at a random address and patch every pointer in it first.
MAP_IN_PLACE = ("-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0")


def archive(stack: Stack, node: str) -> Path:
    """Where a node's archive is, or will be: one for each set of jars and each Java."""
    java = Path(os.path.realpath(shutil.which("java") or "java"))
    built = java.stat().st_mtime_ns if java.exists() else 0
    pins = f"{stack.toolchain.path('jars').name} {stack.toolchain.path('mongo').name} {java} {built}"
    return stack.toolchain.folder / f"classes-{hashlib.sha256(pins.encode()).hexdigest()[:12]}" / f"{node}.jsa"


def options(stack: Stack, node: str) -> tuple[str, ...]:
    """Java options that use the node's archive, or let one be made when there is none."""
    path = archive(stack, node)
    return (f"-XX:SharedArchiveFile={path}", *MAP_IN_PLACE) if path.exists() else ("-XX:+RecordDynamicDumpInfo",)


async def run(stack: Stack) -> None:
    """Make what is missing; a JVM stands still meanwhile, so afterwards the change stream is proven again."""
    record = read_record(stack.state_file)
    made = False
    for node in NODES:
        process = record.nodes[node].process if record else None
        if process is not None and not archive(stack, node).exists():
            made = await _dump(archive(stack, node), process.pid) or made
    if made:
        await connectors.run(stack)


async def _dump(path: Path, pid: int) -> bool:
    """Have a JVM write its archive; whether it did."""
    jcmd = shutil.which("jcmd")
    if jcmd is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(jcmd, str(pid), "VM.cds", "dynamic_dump", str(draft)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await asyncio.wait_for(process.wait(), DUMP_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
    if process.returncode != 0 or not draft.exists():
        print(f"no class archive {path.name}: jcmd exited with code {process.returncode}", flush=True)  # noqa: T201 - runner's log
        draft.unlink(missing_ok=True)
        return False
    draft.rename(path)
    return True


JOB = Job(
    name="class_archives",
    does="what makes later starts quicker (the first time only)",
    run=run,
    after=("canary",),
    within_s=240.0,
)
