"""What can be done: all mutations, put together by what they are about."""

import strawberry

from services.gateway.account_mutations import AccountMutations
from services.gateway.message_mutations import MessageMutations
from services.gateway.profile_mutations import ProfileMutations
from services.gateway.room_mutations import RoomMutations


@strawberry.type
class RootMutation(MessageMutations, RoomMutations, ProfileMutations, AccountMutations):
    """The root of every mutation."""
