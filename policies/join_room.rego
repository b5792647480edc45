# May this user listen to this room? Members only: a public room is read on request, not listened to.
package join_room

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("deny", "only members may join this room")
