"""What the doctor says follows from what was seen, and every complaint comes with what to do."""

from dataclasses import replace

import pytest

from stack.machine import Facts, judge, parse_version

FINE = Facts(
    java=(17, 0, 15),
    javac=True,
    maven=(3, 8, 7),
    go=(1, 26, 8),
    chromium="/usr/bin/chromium",
    disk_free_bytes=50 * 1024**3,
    memory_free_bytes=8 * 1024**3,
    packages="apt",
    engine="29.0.1, Compose 2.40.3",
)


def troubles(facts):
    return {finding.name: finding for finding in judge(facts) if not finding.fine}


def test_a_machine_with_everything_has_no_troubles():
    assert {} == troubles(FINE)


@pytest.mark.parametrize("field", ["java", "maven", "go"])
def test_a_missing_program_comes_with_the_command_that_installs_it(field):
    finding = troubles(replace(FINE, **{field: None}))[field]

    assert finding.seen.startswith("missing")
    assert finding.remedy.startswith("apt-get install")


def test_java_11_is_too_old():
    assert "11.0.2 is too old (needs 17 or newer)" == troubles(replace(FINE, java=(11, 0, 2)))["java"].seen


def test_a_jre_without_a_compiler_will_not_do():
    assert "javac" in troubles(replace(FINE, javac=False))


def test_a_mac_is_told_about_brew():
    assert "brew install maven" == troubles(replace(FINE, maven=None, packages="brew"))["maven"].remedy


def test_a_held_port_is_named_with_its_holder():
    finding = troubles(replace(FINE, ports_held={4600: "java (pid 4711)"}))["port 4600"]

    assert "taken by java (pid 4711)" == finding.seen


def test_without_an_engine_processes_still_run():
    """And it is said what is in the way of containers."""
    finding = troubles(replace(FINE, engine="", no_engine="no Docker engine answers; start one"))["docker"]

    assert not finding.required
    assert "no Docker engine answers; start one" == finding.remedy


def test_containers_need_an_engine_and_nothing_that_is_compiled():
    machine = replace(FINE, java=None, javac=False, maven=None, go=None, engine="")
    findings = {finding.name: finding for finding in judge(machine, containers=True)}

    assert findings["docker"].required
    assert not findings["docker"].fine
    assert not {"java", "javac", "maven", "go"} & findings.keys()


def test_a_full_disk_and_little_memory_are_troubles():
    found = troubles(replace(FINE, disk_free_bytes=10**8, memory_free_bytes=10**9))

    assert {"disk space", "memory"} == found.keys()


def test_a_missing_browser_is_no_reason_to_fail():
    assert not troubles(replace(FINE, chromium=None))["chromium"].required


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', (17, 0, 15)),
        ('java version "1.8.0_402"', (8,)),
        ('openjdk version "21" 2023-09-19', (21,)),
        ("\x1b[1mApache Maven 3.8.7\x1b[m", (3, 8, 7)),
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("no numbers here", None),
    ],
)
def test_versions_are_read_from_what_programs_say(said, version):
    assert version == parse_version(said)
