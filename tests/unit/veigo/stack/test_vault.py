"""Secrets come into being once, and only their owner may read them."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from veigo.stack.vault import Secrets


def test_a_password_stays_the_same(tmp_path):
    assert Secrets(tmp_path / "s").password("veigo") == Secrets(tmp_path / "s").password("veigo")


def test_every_role_and_every_stack_has_its_own(tmp_path):
    passwords = {Secrets(tmp_path / stack).password(role) for stack in ("a", "b") for role in ("veigo", "debezium")}

    assert 4 == len(passwords)


def test_only_the_owner_may_read_a_secret(tmp_path):
    secrets = Secrets(tmp_path / "s")
    secrets.password("veigo")

    assert 0o600 == secrets.signing_key_file().stat().st_mode & 0o777
    assert 0o600 == (tmp_path / "s" / "veigo_password").stat().st_mode & 0o777
    assert 0o700 == (tmp_path / "s").stat().st_mode & 0o777


def test_the_signing_key_is_an_ed25519_key_in_pem(tmp_path):
    key = load_pem_private_key(Secrets(tmp_path / "s").signing_key_file().read_bytes(), password=None)

    assert isinstance(key, Ed25519PrivateKey)
