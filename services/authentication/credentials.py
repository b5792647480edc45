"""Rules for what people sign up with. Pure: values in, values or a Problem out."""

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from services.problems import invalid

PASSWORD_CHARACTERS = range(8, 129)  # an upper bound, because hashing takes time in proportion
CLIENT_ID_CHARACTERS = range(1, 201)
PHONE_CHARACTERS = range(3, 33)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a sign-up or sign-in needs, checked."""

    email: str
    password: str
    client_id: str
    phone: str | None = None


def for_sign_up(email: str, password: str, client_id: str, phone: str | None) -> Credentials:
    """Return checked credentials of a new account.

    Raises:
        Problem: INVALID_ARGUMENT that names the field and the rule it breaks.
    """
    _check_password(password)
    return Credentials(_email(email), password, _client_id(client_id), _phone(phone))


def for_sign_in(email: str, password: str, client_id: str) -> Credentials:
    """Return credentials to compare with an account's; only what no account can have is refused.

    Raises:
        Problem: INVALID_ARGUMENT that names the field and the rule it breaks.
    """
    _check_given("password", password)
    return Credentials(_email(email), password, _client_id(client_id))


def for_password_change(old: str, new: str) -> None:
    """Refuse a new password that no account may have, or that changes nothing.

    Raises:
        Problem: INVALID_ARGUMENT that names the field and the rule it breaks.
    """
    _check_given("oldPassword", old)
    _check_password(new, "newPassword")
    if old == new:
        raise invalid("newPassword", "Choose a password other than the old one.")


def device(client_id: str) -> str:
    """Return the name of a device; a Problem when none can have it."""
    return _client_id(client_id)


def _check_given(field: str, password: str) -> None:
    if len(password) not in range(1, PASSWORD_CHARACTERS.stop):
        raise invalid(field, f"Give the password, {PASSWORD_CHARACTERS.stop - 1} characters at most.")


def _email(email: str) -> str:
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise invalid("email", f"Give a valid e-mail address: {error}") from None


def _check_password(password: str, field: str = "password") -> None:
    if len(password) not in PASSWORD_CHARACTERS:
        bounds = f"{PASSWORD_CHARACTERS.start} to {PASSWORD_CHARACTERS.stop - 1}"
        raise invalid(field, f"Choose a password of {bounds} characters.")
    wanted = {
        "a lower-case letter": any(character.islower() for character in password),
        "an upper-case letter": any(character.isupper() for character in password),
        "a digit": any(character.isdigit() for character in password),
        "a symbol such as ! @ # $ % & * -": any(not character.isalnum() for character in password),
    }
    missing = [name for name, found in wanted.items() if not found]
    if missing:
        raise invalid(field, f"The password also needs {', '.join(missing)}.")


def _client_id(client_id: str) -> str:
    if len(client_id) not in CLIENT_ID_CHARACTERS or "\0" in client_id:
        raise invalid("clientId", f"Name this device in 1 to {CLIENT_ID_CHARACTERS.stop - 1} characters.")
    return client_id


def _phone(phone: str | None) -> str | None:
    if not phone:
        return None
    if len(phone) not in PHONE_CHARACTERS or "\0" in phone:
        raise invalid(
            "phone", f"Give a phone number of {PHONE_CHARACTERS.start} to {PHONE_CHARACTERS.stop - 1} characters."
        )
    return phone
