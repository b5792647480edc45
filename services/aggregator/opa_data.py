"""The policy data in Open Policy Agent: pushed as JSON patches, loaded whole when OPA has none.

OPA keeps data in memory only, so one that restarted is empty. Two things tell: a patch that finds nothing to patch
(404), and the marker, a name of our last load that lives and dies with the data. Policies answer "stale" to
everything while there is no marker. A load is one request that replaces everything, marker included: nobody ever
decides on half of it.
"""

import uuid
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from services.aggregator.projection import Operation

PATCH_TIMEOUT_S = 5
LOAD_TIMEOUT_S = 60
MARKER_TIMEOUT_S = 1

_encoder = msgspec.json.Encoder()


class Refused(Exception):  # noqa: N818 - reads as what it says
    """OPA answered a load or a marker question with something else than yes."""


class PolicyData:
    """`data.aggregated` of one OPA. Methods raise aiohttp.ClientError or TimeoutError when OPA is away."""

    def __init__(self, url: str) -> None:
        self._address = f"{url.rstrip('/')}/v1/data/aggregated"
        self._marker: str | None = None
        self._http: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        """Open the kept-alive connection."""
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close it."""
        await self._http.close()

    async def load(self, data: dict[str, Any]) -> None:
        """Replace all of it, with a new marker."""
        marker = uuid.uuid4().hex
        body = _encoder.encode({**data, "marker": marker})
        headers = {"Content-Type": "application/json"}
        timeout = aiohttp.ClientTimeout(total=LOAD_TIMEOUT_S)
        async with self._http.put(self._address, data=body, headers=headers, timeout=timeout) as response:
            if response.status not in (200, 204):
                raise Refused(f"OPA answered {response.status} to a load of {len(body)} bytes: {await response.text()}")
        self._marker = marker

    async def patch(self, operations: list[Operation]) -> bool:
        """Apply these; False when OPA cannot, because it does not hold what they build on. Then load it."""
        headers = {"Content-Type": "application/json-patch+json"}
        timeout = aiohttp.ClientTimeout(total=PATCH_TIMEOUT_S)
        body = _encoder.encode(operations)
        async with self._http.patch(self._address, data=body, headers=headers, timeout=timeout) as response:
            await response.read()
            return response.status in (200, 204)

    async def is_loaded(self) -> bool:
        """Whether OPA still holds what we loaded, and not nothing or another's."""
        timeout = aiohttp.ClientTimeout(total=MARKER_TIMEOUT_S)
        async with self._http.get(f"{self._address}/marker", timeout=timeout) as response:
            if response.status != 200:
                raise Refused(f"OPA answered {response.status} to a question for the marker: {await response.text()}")
            answer = msgspec.json.decode(await response.read())
        return self._marker is not None and isinstance(answer, dict) and answer.get("result") == self._marker
