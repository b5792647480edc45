"""Passwords and keys, made once per stack and readable by its owner only (``.veigo/stacks/<name>/secrets/``, 0600)."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


class Secrets:
    """A folder of secrets that come into being when first asked for, and stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def password(self, owner: str) -> str:
        """The password of one role; letters and digits only, so that it stands in a URL as it is."""
        return self._kept(f"{owner}_password", lambda: secrets.token_hex(24).encode()).read_text()

    def signing_key_file(self) -> Path:
        """An Ed25519 private key in PEM, with which authentication signs tokens."""
        return self._kept("signing_key.pem", _make_signing_key)

    def _kept(self, name: str, make: Callable[[], bytes]) -> Path:
        path = self.folder / name
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(f".{os.getpid()}.draft")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(make())
            draft.replace(path)
        return path


def _make_signing_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
