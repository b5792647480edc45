"""Rules for profiles. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from services.chat import fields


@dataclass(frozen=True, slots=True)
class Profile:
    """Who somebody is to the others; its id is the account's."""

    id: uuid.UUID
    photo_path: str | None
    name: str
    about: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewProfile:
    """A profile to create, checked."""

    name: str
    about: str
    photo_path: str | None


def new_profile(name: str, about: str | None, photo_path: str | None) -> NewProfile:
    """Return a profile that may be created.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    return NewProfile(
        fields.text("name", name, 100),
        fields.text("about", about or "", 1_000, blank=True),
        fields.optional_text("photoPath", photo_path, 500),
    )
