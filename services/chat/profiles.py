"""Rules for profiles. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.chat import fields
from services.problems import Code, Problem

CHANGEABLE = frozenset({"photo_path", "name", "about"})


@dataclass(frozen=True, slots=True)
class Profile:
    """Who somebody is to the others; its id is the account's."""

    id: uuid.UUID
    photo_path: str | None
    name: str
    about: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


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


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """The fields to change, by name and checked, with what they become."""

    fields: dict[str, str | None]

    def of(self, profile: Profile) -> Profile:
        """Return the profile as it is after the change."""
        return replace(profile, **self.fields)  # type: ignore[arg-type]  # the names are CHANGEABLE's


def change(paths: Iterable[str], name: str, about: str | None, photo_path: str | None) -> ProfileChange:
    """Return a change that may be made: of what `paths` name, where an absent `about` or `photo_path` is cleared.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    named = fields.mask(paths, CHANGEABLE)
    wanted: dict[str, str | None] = {}
    if "name" in named:
        wanted["name"] = fields.text("name", name, 100)
    if "about" in named:
        wanted["about"] = fields.text("about", about or "", 1_000, blank=True)
    if "photo_path" in named:
        wanted["photo_path"] = fields.optional_text("photoPath", photo_path, 500)
    return ProfileChange(wanted)


def check_own(caller: uuid.UUID, wanted: str) -> None:
    """Refuse to change or delete somebody else's profile.

    Raises:
        Problem: INVALID_ARGUMENT or FORBIDDEN.
    """
    if fields.identifier("id", wanted) != caller:
        raise Problem(Code.FORBIDDEN, "You can change your own profile only; pass your own id.", "id")


def unknown_profile() -> Problem:
    """Return the refusal of an id that no profile has, or none any more."""
    return Problem(Code.NOT_FOUND, "There is no profile with this id.", "id")
