"""The GraphQL documents users send, and the shape of what they read from the answers."""

import msgspec

SIGN_UP = """
mutation SignUp($name: String!, $email: String!, $password: String!, $clientId: String!) {
  SignUpAndCreateProfile(name: $name, email: $email, password: $password, clientId: $clientId) {
    account { id } profile { name } token { access refresh }
  }
}"""

CREATE_ROOM = """
mutation CreateRoom($name: String!, $members: [String]) {
  CreateRoom(name: $name, type: group, members: $members) { information { id } members { memberId } }
}"""

CREATE_MESSAGE = """
mutation CreateMessage($roomId: String!, $content: String!, $messageId: String) {
  CreateMessage(roomId: $roomId, content: $content, messageId: $messageId) { id sequence createdAt }
}"""

LIST_MESSAGES = """
query ListMessages($roomId: String!) {
  ListMessages(roomId: $roomId) { records { id content senderId } metadata { hasMore } }
}"""

UPDATE_MESSAGE = """
mutation UpdateMessage($roomId: String!, $messageId: String!, $content: String!) {
  UpdateMessage(roomId: $roomId, messageId: $messageId, content: $content) { id sequence }
}"""

DELETE_MESSAGE = """
mutation DeleteMessage($roomId: String!, $messageId: String!) {
  DeleteMessage(roomId: $roomId, messageId: $messageId) { id sequence }
}"""

ADD_MEMBERS = """
mutation AddMembers($roomId: String!, $members: [String]!) {
  AddMembersToRoom(roomId: $roomId, membersId: $members) { memberId }
}"""

REMOVE_MEMBER = """
mutation RemoveMember($roomId: String!, $member: String!) {
  RemoveMemberFromRoom(roomId: $roomId, memberId: $member) { memberId }
}"""

LEAVE_ROOM = """
mutation LeaveRoom($roomId: String!) {
  DeleteUserRoom(roomId: $roomId) { memberId }
}"""

SIGN_IN = """
mutation SignIn($email: String!, $password: String!, $clientId: String!) {
  SignIn(email: $email, password: $password, clientId: $clientId) { token { access refresh } }
}"""

REFRESH = """
mutation RefreshToken($token: String!) {
  RefreshToken(token: $token) { access refresh }
}"""

SIGN_OUT = """
mutation SignOut {
  SignOut { success }
}"""


class Account(msgspec.Struct):
    """An account, as far as a user reads it."""

    id: str


class Token(msgspec.Struct):
    """What a user signs requests with."""

    access: str
    refresh: str


class SignedUp(msgspec.Struct):
    """The answer inside SignUpAndCreateProfile."""

    account: Account
    token: Token


class SignUpData(msgspec.Struct):
    """Data of SIGN_UP."""

    signed_up: SignedUp = msgspec.field(name="SignUpAndCreateProfile")


class SignedIn(msgspec.Struct):
    """The answer inside SignIn."""

    token: Token


class SignInData(msgspec.Struct):
    """Data of SIGN_IN."""

    signed_in: SignedIn = msgspec.field(name="SignIn")


class RefreshData(msgspec.Struct):
    """Data of REFRESH_TOKEN."""

    token: Token = msgspec.field(name="RefreshToken")


class Information(msgspec.Struct):
    """A room, as far as a user reads it."""

    id: str


class Membership(msgspec.Struct):
    """One member of a new room."""

    member_id: str = msgspec.field(name="memberId")


class CreatedRoom(msgspec.Struct):
    """The answer inside CreateRoom."""

    information: Information
    members: list[Membership]


class CreateRoomData(msgspec.Struct):
    """Data of CREATE_ROOM."""

    created: CreatedRoom = msgspec.field(name="CreateRoom")


class CreatedMessage(msgspec.Struct):
    """The answer inside CreateMessage: the acknowledgement."""

    id: str
    sequence: int


class CreateMessageData(msgspec.Struct):
    """Data of CREATE_MESSAGE."""

    created: CreatedMessage = msgspec.field(name="CreateMessage")


class ListedMessage(msgspec.Struct):
    """One message of a page."""

    id: str


class PageEnd(msgspec.Struct):
    """Whether a page is the last."""

    # None from a stack that does not say.
    has_more: bool | None = msgspec.field(name="hasMore", default=None)


class MessagePage(msgspec.Struct):
    """The answer inside ListMessages."""

    records: list[ListedMessage]
    metadata: PageEnd = msgspec.field(default_factory=PageEnd)


class ListMessagesData(msgspec.Struct):
    """Data of LIST_MESSAGES."""

    listed: MessagePage = msgspec.field(name="ListMessages")


class Done(msgspec.Struct):
    """An answer that is nothing but a yes: a refusal has no data and was raised before."""
