"""The schema is a contract: the printed one is current, and every name of the original is in it."""

import pytest
from graphql import build_schema

from services.gateway import schema

ORIGINAL = """
enum type { direct group }
enum privacy { private public }
input PaginationRequest { cursor: String size: Int }
type PaginationResponseMetadata { cursor: String hasMore: Boolean }
type Account { id: String email: String isEmailVerified: Boolean phone: String isPhoneVerified: Boolean
  createdAt: String updatedAt: String }
type Token { access: String refresh: String }
type Profile { id: String photoPath: String name: String about: String createdAt: String updatedAt: String }
type Room { id: String photoPath: String name: String description: String type: type privacy: privacy
  createdAt: String updatedAt: String }
type MemberRoom { memberId: String roomId: String createdAt: String updatedAt: String }
type Message { id: String roomId: String senderId: String content: String createdAt: String updatedAt: String }
type LoginResponse { account: Account token: Token }
type Success { success: Boolean }
type SignUpAndCreateProfileResponse { account: Account profile: Profile token: Token }
type CreateRoomOutput { information: Room members: [MemberRoom] }
type ListRoomsOutput { records: [Room] metadata: PaginationResponseMetadata }
type ListRoomMembersOutput { records: [MemberRoom] metadata: PaginationResponseMetadata }
type ListMessagesOutput { records: [Message] metadata: PaginationResponseMetadata }
type RootQuery {
  ReadProfile(id: String!): Profile
  ListRooms(id: String!): ListRoomsOutput
  ListRoomMembers(roomId: String!, page: PaginationRequest): ListRoomMembersOutput
  ListMessages(roomId: String!): ListMessagesOutput
}
type RootMutation {
  SignUp(email: String!, password: String!, clientId: String!, phone: String): LoginResponse
  SignIn(email: String!, password: String!, clientId: String!): LoginResponse
  RefreshToken(token: String!): Token
  ValidateAccessToken(token: String!): Success
  SignUpAndCreateProfile(email: String!, password: String!, clientId: String!, phone: String, name: String!,
    photoPath: String, about: String): SignUpAndCreateProfileResponse
  CreateProfile(name: String!, photoPath: String, about: String): Profile
  CreateRoom(name: String!, type: type!, photoPath: String, description: String, privacy: privacy,
    members: [String]): CreateRoomOutput
  AddMembersToRoom(roomId: String!, membersId: [String]!): [MemberRoom]
  CreateMessage(roomId: String!, content: String!): Message
}
schema { query: RootQuery mutation: RootMutation }
"""


def test_the_printed_schema_is_current():
    """Else run `python -m services.gateway.schema > services/gateway/schema.graphql` and look at what changed."""
    assert schema.PRINTED.read_text("utf-8") == schema.printed()


original = build_schema(ORIGINAL)
ours = build_schema(schema.printed())
NAMES = [name for name in original.type_map if not name.startswith("__")]


@pytest.mark.parametrize("name", NAMES)
def test_every_type_and_field_of_the_original_is_there_and_no_stricter(name):
    """Additions are free, and so are optional arguments; removals, renames and other types are not."""
    theirs, mine = original.type_map[name], ours.type_map[name]

    assert type(mine) is type(theirs)
    assert list(getattr(mine, "values", {})) == list(getattr(theirs, "values", {}))
    for field_name, field in getattr(theirs, "fields", {}).items():
        mine_field = mine.fields[field_name]
        assert str(mine_field.type) == str(field.type)
        for argument_name, argument in getattr(field, "args", {}).items():
            assert str(mine_field.args[argument_name].type) == str(argument.type)
        added = set(getattr(mine_field, "args", {})) - set(getattr(field, "args", {}))
        assert not [added_name for added_name in added if str(mine_field.args[added_name].type).endswith("!")]
