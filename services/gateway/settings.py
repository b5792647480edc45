"""What the gateway is told by its environment."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from services.gateway.realtimes import Address


class Settings(BaseSettings):
    """The gateway's settings; each is an environment variable of the same name in upper case."""

    model_config = SettingsConfigDict(frozen=True)

    listen_host: str = "127.0.0.1"
    listen_port: int = 4000
    log_level: str = "info"
    drain_s: float = 5.0
    authentication_address: str = "127.0.0.1:4100"
    chat_address: str = "127.0.0.1:4200"
    aggregator_address: str = "127.0.0.1:4450"
    realtime_address: str = "127.0.0.1:4300"  # or several, comma-separated
    playground_assets_dir: Path | None = None  # where GraphiQL's files are; without it /playground says so
    accepted_origins: str = (
        "*"  # whose pages may call us (CORS), comma-separated; a socket's Origin is realtime's to check
    )

    @property
    def origins(self) -> list[str]:
        """The accepted origins, one by one."""
        return [origin.strip() for origin in self.accepted_origins.split(",") if origin.strip()]

    @property
    def realtimes(self) -> list[Address]:
        """Where realtime's replicas are, one by one."""
        return [Address.of(address) for address in self.realtime_address.split(",") if address.strip()]
