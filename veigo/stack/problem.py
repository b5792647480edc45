"""What can go wrong with a stack, said to the person who asked for it."""


class StackError(Exception):
    """One clear sentence: what is wrong and what to do about it. The command prints it and exits with 1."""


class NotReadyError(Exception):
    """A probe was answered, but not with what it asked for; worth asking again."""
