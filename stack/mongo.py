"""A server that speaks MongoDB's wire protocol and keeps its data in one file (``jvm/Mongo.java``).

It stands in where no MongoDB can be installed; in containers the stack runs the real one.
"""

from stack import class_archives
from stack.tools import java_command
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.problem import NotReadyError
from veigo.stack.stack import Stack

HEAP_MB = 192
DATABASE = "veigo"


def url(stack: Stack, source: str | None = None) -> str:
    """A MongoDB URL with the database in it; ``source`` is the node that will use it."""
    address = stack.address("mongo") if source is None else stack.reach(source, "mongo")
    return f"mongodb://{address}/{DATABASE}"


def launch(stack: Stack) -> Launch:
    """The server, on the stack's port, with its file in the stack's folder."""
    jars, launcher = stack.toolchain.path("jars"), stack.toolchain.path("mongo") / "mongo.jar"
    file = stack.data("mongo") / "veigo.mv"
    command = java_command(
        *("Mongo", file, HOST, str(stack.port("mongo"))),
        class_path=f"{launcher}:{jars}/*",
        heap_mb=HEAP_MB,
        more=class_archives.options(stack, "mongo"),
    )
    return Launch(command, folder=stack.data("mongo"))


async def probe(stack: Stack) -> None:
    """Ready when a document that was written can be read.

    Raises:
        NotReadyError: it was read back changed.
    """
    from pymongo import AsyncMongoClient

    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(url(stack), serverSelectionTimeoutMS=500)
    try:
        probes = client[DATABASE]["probes"]
        written = {"_id": "ready", "since": stack.name}
        await probes.replace_one({"_id": "ready"}, written, upsert=True)
        if await probes.find_one({"_id": "ready"}) != written:
            raise NotReadyError("a document came back changed")
    finally:
        await client.close()


NODE = Node(name="mongo", does="MongoDB's protocol: the read model", offset=800, launch=launch, probe=probe)
