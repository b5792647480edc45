# What all room policies share, asked through each of them, so that none forgets to settle it.
package rooms_test

import data.edit_room
import data.join_room
import data.read_room
import data.rooms
import data.send_message
import data.use_access_token

aggregated := {
	"marker": "load-1",
	"sessions": {
		"live": {"version": 1, "revoked": false},
		"ended": {"version": 2, "revoked": true},
		"newer": {"version": 3, "revoked": false},
		"odd": {"version": "1", "revoked": false},
	},
	"rooms": {
		"den": {"version": 4, "privacy": "private", "members": {"ann": 1, "bob": 3}},
		"hall": {"version": 2, "privacy": "public", "members": {"ann": 1}},
		"empty": {"version": 9, "privacy": "private", "members": {}},
		"odd": {"version": "4", "privacy": "public", "members": {"ann": 1}},
	},
}

question(user, room, version) := {
	"session": {"id": "live", "version": 1},
	"user": user,
	"room": {"id": room, "version": version},
}

# All four room policies' decisions on one question.
decided(asked) := {"join": join, "read": read, "edit": edit, "send": send} if {
	join := join_room.decision with input as asked with data.aggregated as aggregated
	read := read_room.decision with input as asked with data.aggregated as aggregated
	edit := edit_room.decision with input as asked with data.aggregated as aggregated
	send := send_message.decision with input as asked with data.aggregated as aggregated
}

outcomes(asked) := {policy: decision.outcome | some policy, decision in decided(asked)}

everywhere(outcome) := {"join": outcome, "read": outcome, "edit": outcome, "send": outcome}

test_members_may_everything if {
	outcomes(question("ann", "den", 4)) == everywhere("allow")
	outcomes(question("bob", "den", 3)) == everywhere("allow")
	outcomes(question("ann", "hall", 2)) == everywhere("allow")
}

test_strangers_may_nothing_in_a_private_room if outcomes(question("eve", "den", 4)) == everywhere("deny")

test_strangers_may_read_a_public_room_and_no_more if {
	outcomes(question("eve", "hall", 2)) == {"join": "deny", "read": "allow", "edit": "deny", "send": "deny"}
}

test_the_last_member_gone_nobody_is_left if outcomes(question("ann", "empty", 9)) == everywhere("deny")

test_data_behind_the_question_is_stale_for_members_and_strangers_alike if {
	outcomes(question("ann", "den", 5)) == everywhere("stale")
	outcomes(question("eve", "den", 5)) == everywhere("stale")
	outcomes(question("eve", "hall", 3)) == everywhere("stale")
}

test_an_unknown_room_is_stale_and_has_no_version if {
	every decision in decided(question("ann", "attic", 1)) {
		decision.outcome == "stale"
		decision.reason == "the room is not known yet"
		decision.data_version == 0
	}
}

test_a_room_version_that_is_no_number_is_never_fresh if outcomes(question("ann", "odd", 1)) == everywhere("stale")

test_the_version_decided_on_is_the_rooms if {
	every decision in decided(question("ann", "den", 2)) {
		decision.data_version == 4
	}
}

test_a_revoked_session_is_denied_whatever_the_room_says if {
	revoked := object.union(question("ann", "den", 4), {"session": {"id": "ended", "version": 2}})
	outcomes(revoked) == everywhere("deny")
}

test_an_unknown_session_is_stale_whatever_the_room_says if {
	unknown := object.union(question("ann", "den", 4), {"session": {"id": "new", "version": 1}})
	outcomes(unknown) == everywhere("stale")
}

test_a_session_is_fresh_at_its_version_or_above if {
	every case in [["live", 1, "allow"], ["live", 2, "stale"], ["newer", 2, "allow"], ["odd", 1, "stale"]] {
		asked := {"session": {"id": case[0], "version": case[1]}}
		outcomes(object.union(question("ann", "den", 4), asked)) == everywhere(case[2])
	}
}

test_questions_that_name_no_user_or_room_are_denied if {
	whole := question("ann", "den", 4)
	every left_out in ["user", "room", "session"] {
		outcomes(object.remove(whole, [left_out])) == everywhere("deny")
	}
	every odd in [
		{"room": {"id": "den"}}, {"room": {"id": 7, "version": 4}}, {"room": {"id": "den", "version": "4"}},
		{"room": {"id": "den", "version": null}}, {"session": {"id": "live", "version": null}},
		{"user": null}, {"user": true}, {"user": 7},
	] {
		outcomes(object.union(object.remove(whole, object.keys(odd)), odd)) == everywhere("deny")
	}
}

test_nobody_in_particular_may_not_even_read_a_public_room if {
	every odd in [null, true, 7, ["ann"]] {
		outcomes(object.union(question("ann", "hall", 2), {"user": odd})) == everywhere("deny")
	}
}

test_before_the_marker_everything_is_stale if {
	decision := send_message.decision with input as question("ann", "den", 4)
		with data.aggregated as object.remove(aggregated, ["marker"])
	decision.outcome == "stale"
}

test_a_room_without_members_yet_has_none if {
	not rooms.member with input as question("ann", "den", 1) with data.aggregated as {"rooms": {"den": {"version": 1}}}
}

test_an_access_token_is_as_good_as_its_session if {
	every case in [["live", 1, "allow"], ["live", 2, "stale"], ["ended", 1, "deny"], ["new", 1, "stale"]] {
		decision := use_access_token.decision with input as {"session": {"id": case[0], "version": case[1]}}
			with data.aggregated as aggregated
		decision.outcome == case[2]
	}
}
