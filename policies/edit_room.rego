# May this user change this room or add members to it? Any member; nobody ranks above another.
package edit_room

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("deny", "only members may edit this room")
