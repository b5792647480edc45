"""What the realtime service is told by its environment."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=0, le=65_535)]


class Settings(BaseSettings):
    """Settings of the realtime service, read from environment variables of the same names in capitals.

    Attributes:
        accepted_origins: comma-separated `Origin` values that may connect; `*` accepts every one. A client that sends
            no Origin is not a browser, so nobody can be tricked into it: it is accepted.
        outbound_bytes_max: bytes a socket may leave unread before it is closed with 4408 (resume).
        ping_interval_s: how often a socket is asked whether it is there; silent for one whole interval, it is cut off.
        sockets_max: open sockets; one more is refused with 503.
        decision_wait_s: how long a join waits for permissions that have not caught up.
        drain_s: how long a stopping service waits for its clients to acknowledge the close.
    """

    model_config = SettingsConfigDict(frozen=True)

    listen_host: str = "127.0.0.1"
    listen_port: Port = 4300
    log_level: str = "info"
    drain_s: Annotated[float, Field(gt=0)] = 5.0
    kafka_bootstrap_servers: str
    chat_address: str
    authentication_address: str
    opa_url: str
    token_issuer: str = "veigo"  # noqa: S105 - a name, not a secret
    accepted_origins: str = "*"
    outbound_bytes_max: Annotated[int, Field(ge=65_536)] = 1024 * 1024
    ping_interval_s: Annotated[int, Field(ge=1)] = 15
    sockets_max: Annotated[int, Field(ge=1)] = 50_000
    decision_wait_s: Annotated[float, Field(gt=0)] = 2.0
