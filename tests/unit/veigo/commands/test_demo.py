"""The demo's exit code says its verdict, and a demo that could not take place proves nothing."""

import pytest
import typer
from typer.testing import CliRunner

from veigo.commands.demo import demo

app = typer.Typer()
app.command()(demo)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--users", "2"], "raise --users"),
        (["--rooms", "9"], "lower --rooms or raise --users"),
        (["--name", "No Such Name!"], "cannot name a stack"),
    ],
)
def test_what_cannot_be_run_exits_with_2_and_says_what_to_change(arguments, sentence):
    result = CliRunner().invoke(app, arguments)

    assert result.exit_code == 2
    assert sentence in result.output
