# METADATA
# title: May this user listen to this room?
# description: >-
#   Members only: a public room is read on request, not listened to.
# scope: package
# entrypoint: true
# schemas:
#   - input: schema.room_question
# custom:
#   answer: decision
package join_room

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("deny", "only members may join this room")
