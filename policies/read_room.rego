# METADATA
# title: May this user read what was said in this room, and who its members are?
# description: >-
#   Members, and anyone if it is public.
# scope: package
# entrypoint: true
# schemas:
#   - input: schema.room_question
# custom:
#   answer: decision
package read_room

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("allow", "the room is public") if rooms.public

else := rooms.answer("deny", "only members may read this room")
