"""What can be drawn by lot: every fault that mends without loss on a stack of one of each."""

from collections.abc import Callable

from veigo.faults.connector_deleted import ConnectorDeleted
from veigo.faults.fault import Fault
from veigo.faults.immediate_stop import ImmediateStop
from veigo.faults.kill import Kill
from veigo.faults.opa_emptied import OpaEmptied
from veigo.faults.pause import Pause
from veigo.faults.restart import Restart
from veigo.faults.walsender_killed import WalsenderKilled

NODES = ("gateway", "authentication", "chat", "realtime", "aggregator", "opa", "mongo", "postgres", "connect", "kafka")
# Each makes a fault of a node; some are of one node only, whichever is drawn.
LOTS: tuple[Callable[[str], Fault], ...] = (
    Kill,
    lambda node: Kill(node, restart=True),
    Pause,
    Restart,
    lambda _: WalsenderKilled(),
    lambda _: ConnectorDeleted(),
    lambda _: ImmediateStop(),
    lambda _: OpaEmptied(),
)
