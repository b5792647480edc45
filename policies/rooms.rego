# What every policy about a room settles before its own rule: the session, then whether the room's data is fresh.
#
# Data (pushed by the aggregator): data.aggregated.rooms[id] = {"version": v, "privacy": "private|public",
# "members": {account id: sequence that added it}}. `version` is the room's last applied membership event. The caller
# passes the membership version its source of truth shows; while the data is behind that, the answer is "stale".
# Members are an object, so a look-up costs the same in a room of two and in a room of a hundred thousand.
package rooms

import data.sessions

asked if {
	is_string(input.user)
	is_string(input.room.id)
	is_number(input.room.version)
}

known := data.aggregated.rooms[input.room.id]

fresh if {
	is_number(known.version)
	known.version >= input.room.version
}

default applied := 0

applied := known.version

# The room, when nothing stands in the way of a policy's own rule: where `unsettled` is undefined, in the fewest steps.
# Every message asks for this, and each further rule would cost OPA about as much as all these look-ups.
settled := room if {
	sessions.good
	room := data.aggregated.rooms[input.room.id]
	is_number(input.room.version)
	is_number(room.version)
	room.version >= input.room.version
}

member if known.members[input.user]

public if known.privacy == "public"

# Defined as long as a policy's own rule must not be asked yet: `decision := rooms.unsettled if rooms.unsettled`.
unsettled := sessions.decision if sessions.decision.outcome != "allow"

else := answer("deny", "the question names no user or no room") if not asked

else := answer("stale", "the room is not known yet") if not known

else := answer("stale", "the room's members changed and the data has not caught up") if not fresh

answer(outcome, reason) := {"outcome": outcome, "about": "room", "reason": reason, "data_version": applied}
