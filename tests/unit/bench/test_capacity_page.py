"""The capacity page says what the newest figures say, and nothing by itself."""

import msgspec
import pytest

from bench.growth import capacity, document, results
from bench.growth.axes import AXES

pytestmark = pytest.mark.skipif(
    not [*results.FOLDER.glob("growth-*.json")],
    reason="growth was not measured yet; `python -m bench.growth measure` does, and writes the page",
)


def test_figures_come_back_as_they_were_written(tmp_path):
    growth = results.read(results.newest())
    results.write(growth, tmp_path / "growth-2026-01-31.json")

    assert growth == results.read(results.newest(tmp_path))


def test_the_page_and_its_charts_say_what_the_newest_figures_say():
    """`python -m bench.growth document` writes them."""
    growth = results.read(results.newest())

    assert document.text(growth) == document.PAGE.read_text()
    assert {name: (document.PICTURES / name).read_text() for name in document.pictures(growth)} == document.pictures(
        growth
    )


def test_every_level_was_measured():
    """At four points or more, and most of what was tried was kept."""
    growth = results.read(results.newest())
    levels = {(one.axis, one.count) for one in growth.samples}

    assert {(axis.name, count) for axis in AXES for count in axis.points} == levels
    assert len(growth.refused) < len(growth.samples) / 10


def test_other_figures_make_another_page():
    """No number stands in the page by itself."""
    growth = results.read(results.newest())
    dearer = [
        msgspec.structs.replace(one, cpu_ms={k: 3 * ms for k, ms in one.cpu_ms.items()}) for one in growth.samples
    ]
    other = msgspec.structs.replace(growth, samples=dearer)

    assert document.text(other) != document.text(growth)
    assert capacity.constants(other).message_ms["chat"] == pytest.approx(
        3 * capacity.constants(growth).message_ms["chat"]
    )
