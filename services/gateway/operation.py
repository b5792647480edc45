"""How an operation is declared: the name its clients use, what it says about itself, and the context it gets."""

from collections.abc import Callable
from typing import TypeVar, cast

import strawberry

from services.gateway.rpc import Caller

Info = strawberry.Info[Caller, None]

Resolver = TypeVar("Resolver", bound=Callable[..., object])


def operation(name: str, description: str) -> Callable[[Resolver], Resolver]:
    """Return the decorator that makes a method a root field; strawberry's own forgets the method's type."""
    return cast("Callable[[Resolver], Resolver]", strawberry.field(name=name, description=description))


def subscription(name: str, description: str) -> Callable[[Resolver], Resolver]:
    """Return the decorator that makes an asynchronous generator a root field, as `operation` does."""
    return cast("Callable[[Resolver], Resolver]", strawberry.subscription(name=name, description=description))
