"""The experiments of a folder: each file is one, its docstring says it in a sentence, its name what happens."""

import ast
import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from veigo.experiment import Experiment
from veigo.stack.problem import StackError


@dataclass(frozen=True, slots=True)
class Entry:
    """One experiment of the folder."""

    name: str
    sentence: str
    path: Path

    def load(self) -> Experiment:
        """Run the file and return its ``experiment``.

        Raises:
            StackError: it has none, or does not run.
        """
        spec = importlib.util.spec_from_file_location(f"chaos_{self.name}", self.path)
        if spec is None or spec.loader is None:
            raise StackError(f"{self.path} is no Python file; name an experiment from `veigo chaos list`")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module.__name__] = module  # dataclasses and pickling look a class's module up there
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise StackError(f"{self.path} does not run ({error!r}); repair it, or leave it out") from error
        found = getattr(module, "experiment", None)
        if not isinstance(found, Experiment):
            raise StackError(f"{self.path} has no `experiment = Experiment(…)`; see another file beside it")
        return found


def entries(folder: Path) -> list[Entry]:
    """Every experiment of a folder, by name; nothing is run to list them.

    Raises:
        StackError: there is no such folder, or nothing in it.
    """
    found = [Entry(path.stem, sentence_of(path), path) for path in sorted(folder.glob("*.py"))]
    if not found:
        raise StackError(f"there are no experiments in {folder}; say where they are with --from FOLDER")
    return found


def chosen(folder: Path, names: Iterable[str]) -> list[Entry]:
    """The experiments of these names, in the order given; all of them when none is named.

    Raises:
        StackError: there is none of a name.
    """
    known = {entry.name: entry for entry in entries(folder)}
    wanted = list(dict.fromkeys(names)) or list(known)
    if unknown := [name for name in wanted if name not in known]:
        raise StackError(f"no experiment is called {', '.join(unknown)}; `veigo chaos list` names those there are")
    return [known[name] for name in wanted]


def sentence_of(path: Path) -> str:
    """The sentence at the top of a file: its docstring's first paragraph, on one line."""
    try:
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    except SyntaxError as error:
        raise StackError(f"{path} is no Python ({error}); repair it, or leave it out") from error
    return " ".join(text.split("\n\n", 1)[0].split())
