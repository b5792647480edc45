"""Open Policy Agent: policies from ``policies/``, data pushed by the aggregator."""

from pathlib import Path

from stack import rest
from veigo.stack.node import Launch, Node
from veigo.stack.problem import NotReadyError
from veigo.stack.stack import Stack

POLICIES = Path(__file__).resolve().parents[1] / "policies"


def launch(stack: Stack) -> Launch:
    """The server with the policies of this checkout; decisions are not logged, they hold who may do what."""
    return Launch(
        (
            str(stack.toolchain.path("opa") / "opa"),
            *("run", "--server", "--addr", stack.address("opa"), "--log-level", "error", "--disable-telemetry"),
            *("--ignore", "*_test.rego", str(POLICIES)),
        ),
        # One decision takes a third of a millisecond; collecting garbage less often keeps it that way.
        environment={"GOGC": "200", "GOMEMLIMIT": "256MiB"},
        folder=stack.data("opa"),
    )


async def probe(stack: Stack) -> None:
    """Ready when a policy has been evaluated and answered with an outcome.

    Raises:
        NotReadyError: the policy is not there, or decided nothing.
    """
    question = {"input": {"session": {"id": "nobody", "version": 1}}}
    answer = await rest.request(stack.address("opa"), "POST", "/v1/data/use_access_token/decision", question)
    if "outcome" not in (answer or {}).get("result", {}):
        raise NotReadyError("policy use_access_token decided nothing; see policies/")


NODE = Node(name="opa", does="Open Policy Agent: every decision", offset=900, launch=launch, probe=probe)
