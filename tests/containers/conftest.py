"""The same stack as for the live tests, in containers: ``nox -s containers``."""

import pytest

from live.conftest import http, newcomer, person, stack

__all__ = ["http", "newcomer", "person", "stack"]


@pytest.fixture(autouse=True, scope="session")
def only_in_containers(request):
    """Elsewhere there would be nothing to test."""
    if request.config.getoption("--veigo-runtime") != "containers":
        pytest.skip("containers were not asked for; `nox -s containers` does, with --veigo-runtime containers")
