# Is the session behind this question still good? Every policy asks this first.
#
# Data (pushed by the aggregator): data.aggregated.sessions[id] = {"version": n, "revoked": bool}. A session starts at
# version 1 and revoking it makes the next one. The caller passes the version its token carries; while the data is
# behind that, the answer is "stale", never a guess.
package sessions

asked if {
	is_string(input.session.id)
	is_number(input.session.version)
}

# The aggregator sets the marker together with its first complete load; before that, nothing here means anything.
loaded if is_string(data.aggregated.marker)

known := data.aggregated.sessions[input.session.id]

fresh if {
	is_number(known.version)
	known.version >= input.session.version
}

# The same as `decision` being "allow", in one step.
good if {
	session := data.aggregated.sessions[input.session.id]
	is_number(input.session.version)
	is_number(session.version)
	session.version >= input.session.version
	session.revoked == false
	is_string(data.aggregated.marker)
}

default applied := 0

applied := known.version

decision := answer("deny", "the question names no session") if not asked

else := answer("stale", "permission data is not loaded yet") if not loaded

else := answer("stale", "the session is not known yet") if not known

else := answer("stale", "the session changed and the data has not caught up") if not fresh

else := answer("allow", "the session is good") if known.revoked == false

else := answer("deny", "the session was revoked")

answer(outcome, reason) := {"outcome": outcome, "about": "session", "reason": reason, "data_version": applied}
