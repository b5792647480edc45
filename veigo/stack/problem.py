"""What can go wrong with a stack, said to the person who asked for it."""


class StackError(Exception):
    """One clear sentence: what is wrong and what to do about it. The command prints it and exits with 1."""


def first_of(problem: BaseException) -> BaseException:
    """The first problem in a group of them, however deep; itself when it is no group."""
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem


def first_sentence(problem: BaseException) -> str:
    """What went wrong, for a person: groups of parallel tasks say what their first one said."""
    problem = first_of(problem)
    return str(problem) if isinstance(problem, StackError) else f"{type(problem).__name__}: {problem}"


class NotReadyError(Exception):
    """A probe was answered, but not with what it asked for; worth asking again."""
