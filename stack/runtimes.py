"""Which runtime a stack has: the one it was started with."""

from stack.container_alarms import ContainerAlarms
from stack.container_site import ContainerSite
from stack.containers import composition
from stack.machine import preflight
from stack.process_site import ProcessSite
from veigo.faults.site import Site
from veigo.stack.alarms import Alarms
from veigo.stack.containers import Containers
from veigo.stack.problem import StackError
from veigo.stack.processes import Processes
from veigo.stack.project import Kept, kept
from veigo.stack.runtime import Runtime
from veigo.stack.stack import Stack


def runtime_of(stack: Stack) -> Runtime:
    """The runtime of a stack: containers when it was last started so, else processes."""
    found = kept(stack.folder)
    if found is not None:
        return Containers(stack, found, composition())
    return Processes(stack, lambda: preflight(stack))


def site_of(stack: Stack) -> Site:
    """Where faults are injected into a stack."""
    found = kept(stack.folder)
    return ProcessSite(stack) if found is None else ContainerSite(stack, found.project)


def alarms_of(stack: Stack) -> Alarms:
    """The alarms of a stack, wherever they are kept."""
    found = kept(stack.folder)
    return Alarms(stack.folder) if found is None else ContainerAlarms(stack, found.project)


def in_containers(stack: Stack, overlays: tuple[str, ...] = ()) -> Runtime:
    """The stack as a compose project; once it has been started it is one for good.

    Raises:
        StackError: it is one of processes, whose data and passwords containers would not know, or one of another size,
            whose brokers would not agree on who they are.
    """
    known = kept(stack.folder)
    otherwise = f"choose another --name, or delete it: `veigo down --name {stack.name} --purge`"
    if known is None and (stack.folder / "data").exists():
        raise StackError(f"stack {stack.name} is one of processes; {otherwise}")
    if known is not None and known.attached:
        raise StackError(f"stack {stack.name} is somebody else's project; {otherwise}")
    chosen = composition(overlays)
    project = Kept(f"veigo-{stack.name}", [str(file) for file in chosen.files])
    if known is not None and _is_cluster(known) is not _is_cluster(project):
        how = "a cluster" if _is_cluster(known) else "no cluster"
        raise StackError(f"stack {stack.name} is {how}; {otherwise}")
    return Containers(stack, project, chosen)


def attached(stack: Stack, project: str) -> Runtime:
    """Somebody else's compose project, to be looked into and left as it is."""
    return Containers(stack, Kept(project, [], attached=True), composition())


def _is_cluster(project: Kept) -> bool:
    return any(file.endswith("compose.cluster.yaml") for file in project.files)
