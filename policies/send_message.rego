# May this user write in this room? Members only, in public rooms too.
package send_message

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("deny", "only members may write in this room")
