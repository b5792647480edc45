"""What people may sign up with."""

import pytest

from services.authentication import credentials
from services.problems import Code, Problem


def sign_up(email="bob@example.com", password="Password@123", client_id="123abc", phone=None):
    return credentials.for_sign_up(email, password, client_id, phone)


def test_the_walk_through_credentials_are_taken():
    """The README's Bob can sign up, and his phone may be left out."""
    assert credentials.Credentials("bob@example.com", "Password@123", "123abc", None) == sign_up()


@pytest.mark.parametrize(
    "password",
    ["Ünïcödé-1Pass", "has_underscore^A1", "A" * 100 + "a1!", "pass word A1"],
    ids=["other scripts", "any symbol", "long", "space"],
)
def test_strong_passwords_of_any_spelling_are_taken(password):
    """No character is forbidden: that would only make passwords weaker."""
    assert password == sign_up(password=password).password


@pytest.mark.parametrize(
    ("field", "changed", "says"),
    [
        ("email", {"email": ""}, "valid e-mail"),
        ("email", {"email": "bob"}, "valid e-mail"),
        ("email", {"email": "bob@"}, "valid e-mail"),
        ("email", {"email": "x@localhost"}, "valid e-mail"),
        ("email", {"email": "bob@example.com\0"}, "valid e-mail"),
        ("password", {"password": "Aa1!"}, "8 to 128"),
        ("password", {"password": "Aa1!" * 33}, "8 to 128"),
        ("password", {"password": "PASSWORD@123"}, "a lower-case letter"),
        ("password", {"password": "password@123"}, "an upper-case letter"),
        ("password", {"password": "Password@abc"}, "a digit"),
        ("password", {"password": "Password123"}, "a symbol"),
        ("clientId", {"client_id": ""}, "1 to 200"),
        ("clientId", {"client_id": "x" * 201}, "1 to 200"),
        ("clientId", {"client_id": "a\0b"}, "1 to 200"),
        ("phone", {"phone": "1" * 33}, "3 to 32"),
    ],
    ids=str,
)
def test_a_broken_rule_is_named_with_its_field(field, changed, says):
    """The refusal says which field to change and into what."""
    with pytest.raises(Problem) as refused:
        sign_up(**changed)

    assert (Code.INVALID_ARGUMENT, field) == (refused.value.code, refused.value.field)
    assert says in refused.value.message


def test_signing_in_asks_no_password_rules():
    """Rules may have changed since the sign-up, so only an impossible length is refused."""
    assert "short" == credentials.for_sign_in("bob@example.com", "short", "123abc").password
    with pytest.raises(Problem):
        credentials.for_sign_in("bob@example.com", "x" * 129, "123abc")
