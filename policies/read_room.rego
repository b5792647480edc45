# May this user read what was said in this room, and who its members are? Members, and anyone if it is public.
package read_room

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("allow", "the room is public") if rooms.public

else := rooms.answer("deny", "only members may read this room")
