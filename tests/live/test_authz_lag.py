"""After a removal was acknowledged nothing is granted any more, calm, under load, and with change capture stopped."""

import pytest

from live.conftest import veigo

WITHIN_S = 180


@pytest.mark.parametrize(
    "how",
    [["--removals", "8", "--rate", "40"], ["--removals", "2", "--rate", "0", "--pause-capture"]],
    ids=["calm and under load", "without change capture"],
)
def test_removed_members_are_refused_from_the_acknowledgement_on(how, stack):
    """Every attempt of every trial, and no frame beyond the removal."""
    measured = veigo("authz-lag", "--name", stack.name, *how, within_s=WITHIN_S)

    assert 0 == measured.returncode, measured.stdout + measured.stderr
    assert "✓ HOLDS" in measured.stdout
    assert "the member's last frame" in measured.stdout
