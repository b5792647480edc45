"""An experiment as the Chaos Toolkit has it: a steady-state hypothesis, a method, rollbacks, in one JSON document.

The method is the plan, step by step; the functions it names are those of ``chaostoolkit.py``. The format is that of
https://chaostoolkit.org/reference/api/experiment/.
"""

from typing import Any

from veigo.catalogue import Entry
from veigo.plan import Stand, Trial

MODULE = "veigo.chaostoolkit"


def exported(entry: Entry, trial: Trial, stand: Stand, stack: str, *, full: bool = False) -> dict[str, Any]:
    """Write a trial of a stand down for a stack that will be up by this name, arranged so, when it is run."""
    which = {"experiment": str(entry.path), "seed": trial.seed}
    fault = trial.fault
    broken, nodes = ("", ()) if fault is None else (f": {fault.name}; {fault.model}", fault.nodes)
    return {
        "version": "1.0.0",
        "title": entry.sentence,
        "description": f"{entry.name}, seed {trial.seed}{broken}. It takes {stand}.",
        "tags": ["veigo", *nodes],
        "steady-state-hypothesis": {
            "title": "Every node answers, a message goes all the way, and what was promised has held",
            "probes": [
                _probe("every-node-answers", "every_node_answers", {"stack": stack}),
                _probe("a-message-goes-all-the-way", "a_message_goes_all_the_way", {"stack": stack}),
                _probe("what-was-promised-held", "what_was_promised_held", which),
            ],
        },
        "method": [
            _activity(
                "action",
                f"{step.number:02} {step.says}",
                "carry_out",
                {**which, "stack": stack, "step": step.number, "full": full},
            )
            for step in trial.steps
        ],
        "rollbacks": [_activity("action", "heal-what-is-left", "heal_everything", {"stack": stack})],
    }


def _probe(name: str, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {**_activity("probe", name, function, arguments), "tolerance": True}


def _activity(kind: str, name: str, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    provider = {"type": "python", "module": MODULE, "func": function, "arguments": arguments}
    return {"type": kind, "name": name, "provider": provider}
