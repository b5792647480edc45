"""One person's steps are written down as they ended, and told with the time since they were meant."""

import msgspec
import pytest
from gevent import GreenletExit

from veigo.client.documents import REFRESH
from veigo.history import now
from veigo.load.account import TOKEN_FRESH_S, Account
from veigo.outcome import Outcome, Refused

TOKEN = {"access": "new", "refresh": "next"}


class Door:
    """Answers as it is told to."""

    def __init__(self):
        self.answer = {}
        self.asked = []

    def execute(self, document, variables, into, token=None, traceparent=None):
        self.asked.append(document)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return msgspec.convert(self.answer, into)


class Journal:
    """Keeps what it is told."""

    def __init__(self):
        self.records, self.told = [], []

    def append(self, record):
        self.records.append(record)

    def tell(self, kind, name, took_ms, length, error):
        self.told.append((kind, name, took_ms, error))


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def account(door, journal):
    made = Account("Ann", door, journal)
    made.resume("ann", "old", "refresh", now()[0])
    return made


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"CreateMessage": {"id": "m1", "sequence": 7}}, Outcome.OK),
        (Refused("FORBIDDEN", "no"), Outcome.FAILED),
        (ConnectionRefusedError(), Outcome.FAILED),
        (TimeoutError(), Outcome.UNKNOWN),
        (ConnectionResetError(), Outcome.UNKNOWN),
    ],
    ids=repr,
)
def test_a_send_is_written_down_as_it_ended(account, door, journal, answer, outcome):
    door.answer = answer
    sent = account.send("hall", "hello", "m1", now()[0] - 50_000_000)

    assert outcome is sent.outcome
    assert [sent] == journal.records
    assert 50 <= journal.told[0][2] < 5_000, "counted from when it was meant"


def test_who_is_cut_off_in_the_middle_has_an_unknown_ending(account, door, journal):
    """Locust ends people by killing their greenlets; what they had asked for may have happened."""
    door.answer = GreenletExit()
    with pytest.raises(GreenletExit):
        account.read("hall")

    (read,) = journal.records
    assert Outcome.UNKNOWN is read.outcome
    assert read.withdrawn


def test_an_old_token_is_traded_once_for_a_new_one(account, door):
    account.keep_token_fresh()
    assert [] == door.asked

    account.resume("ann", "old", "refresh", now()[0] - round(TOKEN_FRESH_S * 1e9))
    door.answer = {"RefreshToken": TOKEN}
    account.keep_token_fresh()
    account.keep_token_fresh()

    assert [REFRESH] == door.asked
    assert "new" == account.access
