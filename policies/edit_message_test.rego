# Who may change a message: its sender, as a member.
package edit_message_test

import data.edit_message

aggregated := {
	"marker": "load-1",
	"sessions": {"live": {"version": 1, "revoked": false}, "ended": {"version": 2, "revoked": true}},
	"rooms": {
		"den": {"version": 4, "privacy": "private", "members": {"ann": 1, "bob": 3}},
		"hall": {"version": 2, "privacy": "public", "members": {"ann": 1}},
	},
}

question(user, sender, room, version) := {
	"session": {"id": "live", "version": 1},
	"user": user,
	"message": {"senderId": sender},
	"room": {"id": room, "version": version},
}

outcome(asked) := decision.outcome if {
	decision := edit_message.decision with input as asked with data.aggregated as aggregated
}

test_a_member_may_change_what_they_wrote if outcome(question("ann", "ann", "den", 4)) == "allow"

test_a_member_may_not_change_anothers_message if outcome(question("ann", "bob", "den", 4)) == "deny"

test_a_sender_who_is_no_member_may_not if {
	outcome(question("eve", "eve", "den", 4)) == "deny"
	outcome(question("eve", "eve", "hall", 2)) == "deny"
}

test_data_behind_the_question_is_stale if {
	outcome(question("ann", "ann", "den", 5)) == "stale"
	outcome(question("eve", "ann", "attic", 1)) == "stale"
}

test_a_revoked_session_is_denied if {
	revoked := object.union(question("ann", "ann", "den", 4), {"session": {"id": "ended", "version": 2}})
	outcome(revoked) == "deny"
}

test_questions_that_name_no_sender_are_denied if {
	whole := question("ann", "ann", "den", 4)
	outcome(object.remove(whole, ["message"])) == "deny"
	every odd in [null, 7, true] {
		outcome(object.union(whole, {"message": {"senderId": odd}})) == "deny"
	}
}
