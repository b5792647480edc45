"""What a gRPC server of ours does with calls, on a loopback port."""

import socket

import grpc
import pytest

from protos.veigo.aggregator.v1 import aggregator_pb2, aggregator_pb2_grpc
from services import rpc_server

LIST = "/veigo.aggregator.v1.InboxService/ListInbox"


class Inbox(aggregator_pb2_grpc.InboxServiceServicer):
    """Answers with the cursor it is asked with."""

    async def ListInbox(self, request, context):
        return aggregator_pb2.ListInboxResponse(cursor=request.cursor)


@pytest.fixture
async def call():
    """Return the RPC, called with bytes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    service = ("inbox", lambda server: aggregator_pb2_grpc.add_InboxServiceServicer_to_server(Inbox(), server))
    async with rpc_server.serving(address, [service], 0.1), grpc.aio.insecure_channel(address) as channel:
        yield channel.unary_unary(LIST)


async def test_a_request_is_read_and_answered(call):
    request = aggregator_pb2.ListInboxRequest(cursor="here")
    answer = aggregator_pb2.ListInboxResponse.FromString(await call(request.SerializeToString()))

    assert "here" == answer.cursor


async def test_fields_of_a_later_version_are_passed_over(call):
    """A newer client may say more."""
    request = aggregator_pb2.ListInboxRequest(cursor="here").SerializeToString() + b"\xfa\x3e\x05later"
    answer = aggregator_pb2.ListInboxResponse.FromString(await call(request))

    assert "here" == answer.cursor


@pytest.mark.parametrize("garbage", [b"\xff", b"\x0a\x05a", b"\x0a\x02\xed\xa0"])
async def test_bytes_that_are_no_request_are_the_callers_fault(call, garbage):
    """Cut short, or text that is no UTF-8."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(garbage)

    assert grpc.StatusCode.INVALID_ARGUMENT == refused.value.code()
    assert "grpc-status-details-bin" in dict(refused.value.trailing_metadata())
