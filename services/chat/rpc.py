"""The services of chat.proto, put together; each has a file of its own."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import grpc

from protos.veigo.chat.v1 import chat_pb2 as pb
from protos.veigo.chat.v1 import chat_pb2_grpc as pb_grpc
from services.chat.authorization import Authorization
from services.chat.log_store import LogStore
from services.chat.message_store import MessageStore
from services.chat.profile_store import ProfileStore
from services.chat.room_store import RoomStore
from services.chat.rpc_members import MemberRooms
from services.chat.rpc_messages import Messages
from services.chat.rpc_profiles import Profiles
from services.chat.rpc_rooms import Rooms

if TYPE_CHECKING:  # generic in the type stubs only
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]


def services(pool: "Pool", authorization: Authorization) -> list[tuple[str, Callable[[grpc.aio.Server], None]]]:
    """Return every service of chat with its full name, as `rpc_server.serving` takes them."""
    rooms = RoomStore(pool)
    profiles = Profiles(ProfileStore(pool), rooms, authorization)
    register = {
        "ProfileService": partial(pb_grpc.add_ProfileServiceServicer_to_server, profiles),
        "RoomService": partial(pb_grpc.add_RoomServiceServicer_to_server, Rooms(rooms, LogStore(pool), authorization)),
        "MemberRoomService": partial(
            pb_grpc.add_MemberRoomServiceServicer_to_server, MemberRooms(rooms, authorization)
        ),
        "MessageService": partial(
            pb_grpc.add_MessageServiceServicer_to_server, Messages(MessageStore(pool), authorization)
        ),
    }
    return [(pb.DESCRIPTOR.services_by_name[name].full_name, into) for name, into in register.items()]
