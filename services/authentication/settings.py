"""What authentication is told by its environment."""

import os
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment of the service, named as the fields in upper case; or files so named in SECRETS_DIR."""

    model_config = SettingsConfigDict(frozen=True, secrets_dir=os.environ.get("SECRETS_DIR"))

    database_url: str
    signing_key_file: Path
    listen_host: str = "127.0.0.1"
    listen_port: int = 4100
    log_level: str = "info"
    drain_s: float = 5.0
    token_issuer: str = "veigo"  # noqa: S105 - a name, not a secret
    access_token_s: int = 15 * 60
    refresh_token_s: int = 30 * 24 * 3600
    refresh_tokens_kept_s: float = 24 * 3600  # after they expired
    retention_every_s: float = 3600
    connections_max: int = 8
