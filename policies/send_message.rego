# METADATA
# title: May this user write in this room?
# description: >-
#   Members only, in public rooms too.
# scope: package
# entrypoint: true
# schemas:
#   - input: schema.room_question
# custom:
#   answer: decision
package send_message

import data.rooms

decision := {"outcome": "allow", "about": "room", "reason": "member", "data_version": room.version} if {
	room := rooms.settled
	room.members[input.user]
}

else := rooms.unsettled if rooms.unsettled

else := rooms.answer("deny", "only members may write in this room")
