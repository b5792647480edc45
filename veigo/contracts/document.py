"""A contract, or a part of one, as JSON reads it."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
