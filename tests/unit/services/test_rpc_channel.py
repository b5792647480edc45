"""A channel goes to all replicas of a service in turn, and to those left when one is gone."""

from collections import Counter

import grpc
import pytest

from services import rpc_channel


class Echo(grpc.GenericRpcHandler):
    """Answers every call with its own name."""

    def __init__(self, name):
        self.name = name

    def service(self, details):
        async def answer(request, context):
            return self.name

        return grpc.unary_unary_rpc_method_handler(answer)


async def replica(name):
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([Echo(name)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, f"127.0.0.1:{port}"


async def test_calls_go_to_every_replica_and_to_those_left():
    """In turn; a replica that stopped is missed by nobody."""
    replicas = [await replica(name) for name in (b"a", b"b", b"c")]
    async with rpc_channel.channel(",".join(address for _, address in replicas)) as channel:
        call = channel.unary_unary("/any/Call")
        before = Counter()
        while len(before) < 3:  # each connects in its own time
            before[await call(b"", wait_for_ready=True, timeout=5)] += 1
        await replicas[0][0].stop(1)
        after = Counter([await call(b"", timeout=5) for _ in range(20)])
    for server, _ in replicas[1:]:
        await server.stop(0)

    assert {b"b", b"c"} == set(after)


async def test_a_name_stands_for_its_addresses():
    """As containers find all replicas by one."""
    server, address = await replica(b"a")
    async with rpc_channel.channel(address.replace("127.0.0.1", "localhost")) as channel:
        assert b"a" == await channel.unary_unary("/any/Call")(b"", wait_for_ready=True, timeout=5)
    await server.stop(0)


def test_names_are_not_taken_for_several_addresses():
    """Neither would be found, and nothing said."""
    with pytest.raises(ValueError, match="one name for all replicas"):
        rpc_channel.channel("chat:4200,chat-2:4200")


@pytest.mark.parametrize("address", ["", "chat", "chat:", "chat:4200,", "http://chat:4200", "chat:4200 chat:4201"])
def test_what_is_no_address_is_refused(address):
    """At the start, not at the first call."""
    with pytest.raises(ValueError, match="host:port"):
        rpc_channel.channel(address)
