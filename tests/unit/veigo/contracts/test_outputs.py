"""What other programs read of a comparison, and the changelog's entry of a release."""

import json
from xml.etree import ElementTree

import pytest

from veigo.contracts import outputs, release
from veigo.contracts.change import Change, Severity, worst_first
from veigo.contracts.release import Release
from veigo.stack.problem import StackError

BROKEN = Change("grpc", Severity.BREAKING, "v1.Room.name", "is gone", "chat", ("gateway", "realtime"), "Keep it")
RISKY = Change("graphql", Severity.DANGEROUS, "type.poll", "is new | odd", "gateway", ("every client",), "Look")
NEW = Change("grpc", Severity.SAFE, "v1.Room.colour", "is new", "chat", (), "Nothing to do")
ALL = [NEW, RISKY, BROKEN]


def test_a_message_names_owner_and_consumers_and_says_what_to_do():
    assert "v1.Room.name is gone. chat promises it to gateway, realtime. Keep it" == BROKEN.sentence


def test_nobody_is_named_where_nobody_uses_it():
    assert "nobody in the stack uses it" in NEW.sentence


def test_the_worst_comes_first():
    assert [BROKEN, RISKY, NEW] == worst_first(ALL)


def test_json_has_counts_and_every_change():
    document = json.loads(outputs.as_json("release 1.0.0", ALL))

    assert (1, 1, 1) == (document["breaking"], document["dangerous"], document["safe"])
    assert ["gateway", "realtime"] == document["changes"][2]["affected"]


def test_junit_fails_the_contract_that_is_broken_and_no_other():
    suite = ElementTree.fromstring(outputs.as_junit("release 1.0.0", ALL)).find("testsuite")
    failed = {case.get("name"): case.find("failure") for case in suite.findall("testcase")}

    assert ("5", "1") == (suite.get("tests"), suite.get("failures"))
    assert "promises it to gateway, realtime" in failed.pop("grpc").text
    assert {None} == set(failed.values())


def test_markdown_is_a_table_whose_cells_stay_whole():
    lines = outputs.as_markdown("release 1.0.0", [RISKY]).splitlines()

    assert "is new \\| odd" in lines[-1]
    assert lines[-1].replace("\\|", "").count("|") == lines[-2].count("|")


def test_markdown_says_when_nothing_changed():
    assert "Nothing changed" in outputs.as_markdown("release 1.0.0", [])


@pytest.mark.parametrize(("changes", "version"), [([BROKEN, NEW], "2.0.0"), ([RISKY], "1.5.0"), ([NEW], "1.5.0")])
def test_a_version_says_how_bad_it_was(changes, version):
    assert version == release.next_version(Release("1.4.0", "2026-01-01"), changes)


def test_there_is_nothing_to_release_when_nothing_changed():
    with pytest.raises(StackError, match="nothing to release"):
        release.next_version(Release("1.4.0", "2026-01-01"), [])


def test_an_entry_says_why_and_what():
    text = release.entry(Release("2.0.0", "2026-01-01"), [BROKEN], "Names moved to profiles.")

    assert ["## 2.0.0 — 2026-01-01", "", "Names moved to profiles.", "", "- breaking: grpc `v1.Room.name` is gone"] == (
        text.splitlines()
    )
