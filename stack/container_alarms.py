"""The alarms of a stack in containers: its watch keeps them in a volume, and is asked for them."""

from typing_extensions import override

from veigo.stack import engine
from veigo.stack.alarms import FILE, Alarms
from veigo.stack.problem import StackError
from veigo.stack.project import Project
from veigo.stack.stack import Stack

WATCH = "watch"
FOLDER = "/var/lib/watch/stacks/default"  # the watch's VEIGO_HOME, and the name that it has for its stack


class ContainerAlarms(Alarms):
    """Only to be read: the watch raises them, and a repair beside it clears them."""

    def __init__(self, stack: Stack, project: str) -> None:
        super().__init__(stack.folder)
        self._project = project

    @override
    def _content(self) -> bytes:
        found = Project.look(self._project)
        if WATCH not in found.containers or not found.containers[WATCH]["State"]["Running"]:
            return b""
        try:
            return engine.docker("exec", found.container(WATCH), "cat", f"{FOLDER}/{FILE}").encode()
        except StackError as error:
            if "No such file" in str(error):  # nothing was ever raised
                return b""
            raise
