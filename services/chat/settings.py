"""What chat is told by its environment."""

import os

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment of the service, named as the fields in upper case; or files so named in SECRETS_DIR."""

    model_config = SettingsConfigDict(frozen=True, secrets_dir=os.environ.get("SECRETS_DIR"))

    database_url: str
    authentication_address: str
    opa_url: str
    listen_host: str = "127.0.0.1"
    listen_port: int = 4200
    log_level: str = "info"
    drain_s: float = 5.0
    token_issuer: str = "veigo"  # noqa: S105 - a name, not a secret
    decision_wait_s: float = 2.0
    room_events_kept_s: float = 7 * 24 * 3600
    retention_every_s: float = 3600
    connections_max: int = 10
