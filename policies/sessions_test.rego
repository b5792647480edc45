package sessions_test

import data.sessions

aggregated := {
	"marker": "load-1",
	"sessions": {
		"live": {"version": 1, "revoked": false},
		"ended": {"version": 2, "revoked": true},
		"odd": {"version": "2", "revoked": false},
		"vague": {"version": 1},
	},
}

decided(id, version) := decision if {
	decision := sessions.decision with input as {"session": {"id": id, "version": version}}
		with data.aggregated as aggregated
}

test_a_live_session_is_allowed if {
	decided("live", 1) == {"outcome": "allow", "about": "session", "reason": "the session is good", "data_version": 1}
}

test_a_revoked_session_is_denied_for_tokens_from_before_it_too if {
	decided("ended", 1).outcome == "deny"
	decided("ended", 2) == {"outcome": "deny", "about": "session", "reason": "the session was revoked", "data_version": 2}
}

test_a_session_newer_than_the_data_is_stale if decided("live", 2).outcome == "stale"

test_an_unknown_session_is_stale_not_denied if {
	decided("nobody", 1) == {
		"outcome": "stale",
		"about": "session",
		"reason": "the session is not known yet",
		"data_version": 0,
	}
}

test_everything_is_stale_before_the_marker if {
	decision := sessions.decision with input as {"session": {"id": "live", "version": 1}}
		with data.aggregated as object.remove(aggregated, ["marker"])
	decision.outcome == "stale"
}

test_everything_is_stale_in_an_opa_that_came_up_empty if {
	decision := sessions.decision with input as {"session": {"id": "live", "version": 1}} with data.aggregated as {}
	decision.outcome == "stale"
}

test_a_version_that_is_no_number_is_never_fresh if decided("odd", 1).outcome == "stale"

test_a_session_not_clearly_unrevoked_is_denied if decided("vague", 1).outcome == "deny"

test_questions_that_name_no_session_are_denied if {
	every question in [
		{}, {"session": {}}, {"session": {"id": "live"}}, {"session": {"id": "live", "version": "1"}},
		{"session": {"id": 7, "version": 1}}, {"session": {"id": null, "version": 1}}, {"session": "live"}, "live", null,
	] {
		decision := sessions.decision with input as question with data.aggregated as aggregated
		decision.outcome == "deny"
	}
}
