# METADATA
# title: May this user change this room or add members to it?
# description: >-
#   Any member; nobody ranks above another.
# scope: package
# entrypoint: true
# schemas:
#   - input: schema.room_question
# custom:
#   answer: decision
package edit_room

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("deny", "only members may edit this room")
