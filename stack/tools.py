"""The programs this stack is made of and how each is built: from Maven by one pom, from Go by one go.mod.

Nothing is fetched by a URL written here. Maven checks every file against its checksum (``-C``), Go against go.sum.
"""

import asyncio
import platform
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from veigo.stack.problem import StackError
from veigo.stack.stack import home_folder
from veigo.stack.toolchain import Tool, Toolchain, Workshop

SOURCES = Path(__file__).parent
POM = SOURCES / "jvm" / "pom.xml"
GO_MOD = SOURCES / "go" / "go.mod"
BUF_MOD = SOURCES / "go" / "buf" / "go.mod"  # of its own, because the two would fix each other's dependencies
TOXIPROXY_MOD = SOURCES / "go" / "toxiproxy" / "go.mod"
MONGO_JAVA = SOURCES / "jvm" / "Mongo.java"

# What Java needs beside a main class, on every node: quick to start, small, and gone when memory is.
JAVA_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Xshare:auto",
    "-Djava.net.preferIPv4Stack=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    "-Dorg.slf4j.simpleLogger.showShortLogName=true",
    # Each prints its whole configuration at every start, hundreds of lines nobody reads.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients=warn",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.connect.runtime.isolation=warn",
    "-Dorg.slf4j.simpleLogger.log.io.debezium.config=warn",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.connect.runtime.rest.RestServer=warn",
    "-Dorg.slf4j.simpleLogger.log.state.change.logger=warn",
)


def postgres_platform() -> str:
    """The name the PostgreSQL binaries for this machine go by.

    Raises:
        StackError: there are none for it.
    """
    system = {"linux": "linux", "darwin": "darwin"}.get(sys.platform)
    machine = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64v8", "arm64": "arm64v8"}.get(
        platform.machine().lower()
    )
    if system is None or machine is None:
        raise StackError(
            f"there are no PostgreSQL binaries for {sys.platform} on {platform.machine()}; "
            "use Linux or macOS on amd64 or arm64, or run the stack in containers"
        )
    return f"{system}-{machine}"


async def build_jars(workshop: Workshop, folder: Path) -> None:
    """Every jar of the pom, in one folder."""
    await workshop.run(
        *("mvn", "--strict-checksums", "--batch-mode", "--no-transfer-progress", "--file", POM),
        *("dependency:copy-dependencies", f"-DoutputDirectory={folder}", f"-Dpostgres.platform={postgres_platform()}"),
    )


async def build_postgres(workshop: Workshop, folder: Path) -> None:
    """PostgreSQL's own folder tree, out of the archive inside its jar."""
    await asyncio.to_thread(unpack_postgres, workshop.tool("jars"), folder)


def unpack_postgres(jars: Path, folder: Path) -> None:
    """Unpack the archive in the jar, and let other accounts in: the server may run as one."""
    jar = next(jars.glob("embedded-postgres-binaries-*.jar"))
    with zipfile.ZipFile(jar) as outer:
        archive = next(name for name in outer.namelist() if name.endswith(".txz"))
        with outer.open(archive) as inner, tarfile.open(fileobj=inner, mode="r:xz") as tree:
            tree.extractall(folder, filter="tar")
    folder.chmod(0o755)


async def build_mongo(workshop: Workshop, folder: Path) -> None:
    """The launcher of the MongoDB protocol server, compiled; in a jar, since class archives take no folders."""
    classes = folder / "classes"
    await workshop.run("javac", "-cp", f"{workshop.tool('jars')}/*", "-d", classes, MONGO_JAVA)
    await workshop.run("jar", "--create", "--file", folder / "mongo.jar", "-C", classes, ".")


async def build_graphiql(workshop: Workshop, folder: Path) -> None:
    """GraphiQL's scripts and styles, which the gateway serves so that the playground works without internet."""
    jar = next(workshop.tool("jars").glob("smallrye-graphql-ui-graphiql-*.jar"))
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if name.startswith("META-INF/resources/graphql-ui/") and name.endswith((".min.js", ".min.css")):
                with archive.open(name) as source, (folder / Path(name).name).open("wb") as target:
                    shutil.copyfileobj(source, target)


async def build_opa(workshop: Workshop, folder: Path) -> None:
    """Open Policy Agent, compiled from the module that go.mod's tool line names."""
    await build_go(workshop, "github.com/open-policy-agent/opa", GO_MOD, folder / "opa")


async def build_buf(workshop: Workshop, folder: Path) -> None:
    """Buf, which lints and compares .proto files, likewise."""
    await build_go(workshop, "github.com/bufbuild/buf/cmd/buf", BUF_MOD, folder / "buf")


async def build_toxiproxy(workshop: Workshop, folder: Path) -> None:
    """Toxiproxy, for stacks that ask for it, likewise."""
    program = folder / "toxiproxy"
    await build_go(workshop, "github.com/Shopify/toxiproxy/v2/cmd/server", TOXIPROXY_MOD, program)


async def build_go(workshop: Workshop, package: str, module: Path, program: Path) -> None:
    """A Go program, compiled as its go.mod has it and no other way."""
    await workshop.run(
        *("go", "build", "-trimpath", "-mod=readonly", "-ldflags=-s -w", "-o", program, package),
        folder=module.parent,
        CGO_ENABLED="0",
    )


TOOLS = (
    Tool("opa", "Open Policy Agent, compiled (the slowest: 1–3 min the first time)", (GO_MOD, "stripped"), build_opa),
    Tool(
        "jars", "Kafka, Connect, Debezium and the rest of the pom", (POM, platform.machine(), sys.platform), build_jars
    ),
    Tool("postgres", "PostgreSQL, unpacked", ("tree",), build_postgres, needs=("jars",)),
    Tool(
        "mongo", "the MongoDB protocol server's launcher, compiled", (MONGO_JAVA, "jar"), build_mongo, needs=("jars",)
    ),
    Tool("graphiql", "the playground's scripts and styles", ("min",), build_graphiql, needs=("jars",)),
    Tool("buf", "buf, for the .proto files, compiled (1–2 min the first time)", (BUF_MOD,), build_buf, on_demand=True),
    Tool("toxiproxy", "Toxiproxy, compiled", (TOXIPROXY_MOD,), build_toxiproxy, on_demand=True),
)


def toolchain() -> Toolchain:
    """The tools of this stack, shared by all its copies."""
    return Toolchain(home_folder() / "tools", TOOLS)


def java_command(*arguments: str | Path, class_path: str, heap_mb: int, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """A command line that runs a class (the first argument); ``more`` are further options for Java."""
    options = (f"-Xmx{heap_mb}m", f"-Xms{min(heap_mb, 64)}m", *JAVA_OPTIONS, *more)
    return ("java", *options, "-cp", class_path, *map(str, arguments))
