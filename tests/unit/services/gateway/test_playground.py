"""The playground is one page and its files, all from us; without the files it says what to do."""

import pytest

from services.gateway.playground import THEIRS, Playground


@pytest.fixture
def assets(tmp_path):
    for name in THEIRS:
        (tmp_path / name).write_text(f"/* {name} */")
    return tmp_path


def test_the_page_refers_to_nothing_outside(assets):
    page = Playground.load(assets).page

    assert "://" not in page
    for name in THEIRS:
        assert name in page


def test_assets_are_renamed_when_they_change(assets):
    """Browsers keep them for good, so another content needs another address."""
    before = Playground.load(assets).page
    (assets / "graphiql.min.js").write_text("changed")

    assert Playground.load(assets).page != before


def test_the_walk_through_is_what_opens(assets):
    script = Playground.load(assets).assets["playground.js"].decode()

    assert "SignUpAndCreateProfile" in script
    assert 'url: "/graphql"' in script
    assert "subscriptionUrl: location.origin" in script


def test_a_missing_directory_is_said(tmp_path):
    assert "PLAYGROUND_ASSETS_DIR" in (Playground.load(None).missing or "")
    assert "react.production.min.js" in (Playground.load(tmp_path / "nowhere").missing or "")


def test_a_missing_file_is_said(assets):
    (assets / "graphiql.min.css").unlink()

    assert "graphiql.min.css" in (Playground.load(assets).missing or "")
