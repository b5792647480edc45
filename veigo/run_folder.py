"""Where a run keeps what it found: `runs/<id>/`, one folder for each run, never written to again."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's id and folder."""

    id: str
    path: Path

    @classmethod
    def make(cls, root: Path) -> "RunFolder":
        """Make the folder of a new run; ids sort by time."""
        run_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        path = root / run_id
        path.mkdir(parents=True)
        return cls(run_id, path)

    @property
    def history(self) -> Path:
        """The file of the history."""
        return self.path / "history.jsonl"

    @property
    def telemetry(self) -> Path:
        """The run's part of what the collector received: spans, deliveries, metrics, faults."""
        return self.path / "telemetry.duckdb"
