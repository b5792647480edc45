# METADATA
# title: May this user edit or delete this message?
# description: >-
#   Its sender, for as long as they are a member of its room. Beside what every policy about a room is asked, the
#   question names the message's sender: input.message.senderId.
# scope: package
# entrypoint: true
# schemas:
#   - input: schema.message_question
# custom:
#   answer: decision
package edit_message

import data.rooms

decision := rooms.unsettled if rooms.unsettled

else := rooms.answer("deny", "only members may change what they wrote in this room") if not rooms.member

else := rooms.answer("allow", "the sender") if own

else := rooms.answer("deny", "only its sender may change a message")

own if input.message.senderId == input.user
