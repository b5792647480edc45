"""Messages can be followed even when what they pass through is killed: `nox -s traces_under_kills` for a long run.

MESSAGES, RATE and EVERY_S (between kills) say how long; the figure to reach is 99.9 % of 10,000.
"""

import json
import os

from live.conftest import veigo

KILLED = ("kafka", "connect", "gateway", "authentication", "chat", "realtime", "aggregator")
MESSAGES = int(os.environ.get("MESSAGES", "1200"))
RATE = os.environ.get("RATE", "12")
EVERY_S = os.environ.get("EVERY_S", "12")


def test_acknowledged_messages_have_whole_traces_though_everything_they_pass_is_killed_once(stack, tmp_path):
    """Kafka, Connect and each service, by SIGKILL; at most one message in a thousand may have lost a part."""
    nodes = [word for node in KILLED for word in ("--node", node)]
    run = ("rolling", "--name", stack.name, "--replicas", "1", "--kill", "--once", *nodes)
    size = ("--messages", str(MESSAGES), "--rate", RATE, "--every", EVERY_S, "--seed", "7", "--into", str(tmp_path))
    told = veigo(*run, *size, within_s=180 + 2 * MESSAGES / float(RATE))
    (folder,) = tmp_path.iterdir()
    report = json.loads((folder / "report.json").read_text())
    (traces,) = [one for one in report["findings"] if one["promise"].endswith("connected trace")]
    print(traces["summary"], *traces["evidence"], sep="\n")  # noqa: T201 - the figure is what it is for
    marks = (folder / "history.jsonl").read_text()

    assert [node for node in KILLED if f"restart {node}" not in marks] == []
    assert "holds" == traces["verdict"], traces
    assert 0 == told.returncode, told.stdout + told.stderr


def test_a_node_that_is_not_there_cannot_be_restarted(stack, tmp_path):
    """It is said before anything is run."""
    told = veigo("rolling", "--name", stack.name, "--replicas", "1", "--node", "kafak", "--into", str(tmp_path))

    assert 2 == told.returncode
    assert "there is no node kafak to restart; there are gateway, " in " ".join(told.stderr.split())
