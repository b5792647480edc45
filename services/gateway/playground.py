"""The playground: GraphiQL with a page of our own, every byte of it served by us, so it works without internet.

GraphiQL and React are files somebody else built; the stack puts them into one directory (PLAYGROUND_ASSETS_DIR).
They are read once and served under their content's hash, so browsers may keep them for good. The page and its script
(`playground.html`, `playground.js`) are ours.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

THEIRS = {
    "react.production.min.js": "text/javascript",
    "react-dom.production.min.js": "text/javascript",
    "graphiql.min.js": "text/javascript",
    "graphiql.min.css": "text/css",
}
OURS = {"playground.js": "text/javascript"}
PAGE = Path(__file__).with_name("playground.html")
PREFIX = "/playground/assets"
KEEP = {"cache-control": "public, max-age=31536000, immutable"}
# Nothing from elsewhere is loaded. Sockets may go anywhere, for whoever works from this page's console.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Playground:
    """The page and its assets, by name; `missing` says what is not there, and then there is no page."""

    page: str
    assets: dict[str, bytes]
    missing: str | None

    @classmethod
    def load(cls, directory: Path | None) -> Self:
        """Read the assets from `directory`; one that lacks them is no reason not to start."""
        if directory is None:
            return cls("", {}, "PLAYGROUND_ASSETS_DIR is not set; let it name the directory of GraphiQL's files")
        assets = {name: PAGE.with_name(name).read_bytes() for name in OURS}
        try:
            assets |= {name: (directory / name).read_bytes() for name in THEIRS}
        except OSError as error:
            return cls("", {}, f"PLAYGROUND_ASSETS_DIR lacks {Path(error.filename).name}; `veigo up` puts it there")
        version = hashlib.sha256(b"".join(assets.values())).hexdigest()[:16]
        page = PAGE.read_text("utf-8").replace("{assets}", f"{PREFIX}/{version}")
        return cls(page, assets, None)

    def routes(self) -> list[Route]:
        """Return the page's route and that of its assets."""
        return [
            Route("/playground", self._serve_page),
            Route(PREFIX + "/{version}/{name}", self._serve_asset),
        ]

    async def _serve_page(self, _: Request) -> Response:
        if self.missing is not None:
            return PlainTextResponse(f"The playground cannot be shown: {self.missing}.\n", 503)
        return HTMLResponse(self.page, headers={"cache-control": "no-cache", "content-security-policy": POLICY})

    async def _serve_asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.assets:
            return PlainTextResponse("There is no such asset; reload /playground.\n", 404)
        return Response(self.assets[name], media_type=(THEIRS | OURS)[name], headers=KEEP)
