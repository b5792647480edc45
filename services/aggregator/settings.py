"""What the aggregator is told by its environment."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Environment of the service; names are the fields' in upper case."""

    model_config = SettingsConfigDict(frozen=True)

    kafka_bootstrap_servers: str
    mongodb_url: str
    opa_url: str
    listen_host: str = "127.0.0.1"
    listen_port: int = 4400  # health
    grpc_port: int = 4450
    authentication_address: str
    token_issuer: str = "veigo"  # noqa: S105 - a name, not a secret
    decision_wait_s: float = 2.0
    log_level: str = "info"
    drain_s: float = 5.0
