"""A fresh stage for each story."""

from collections.abc import Callable

import pytest

from services.realtime.actions import Limits
from unit.services.realtime.stage import Stage


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def stage_with() -> Callable[[Limits], Stage]:
    """A stage with other bounds than the usual ones."""
    return Stage
