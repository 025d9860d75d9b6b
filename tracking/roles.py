"""Who usually does what in a shop: groups of people with the permissions they need. Plain rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Role:
    """A group of Django's, and which of tracking's permissions are in it."""

    name: str
    told: str
    may: Callable[[str], bool]
    """Tells of a permission's codename whether the role has it."""


_OF_MARKETING: Final = {
    "view_overview",
    "view_conversion",
    "view_postback",
    "view_landingcount",
    "view_offer",
    "add_offer",
    "change_offer",
    "test_offer",
}

ROLES: Final = (
    Role(
        "Tracking support",
        "sees everything, customers too, and sends nothing",
        lambda codename: codename.startswith("view_") or codename == "see_customers",
    ),
    Role(
        "Tracking marketing",
        "sets offers up, tests them and sees what they earn, without customers",
        lambda codename: codename in _OF_MARKETING,
    ),
    Role("Tracking operations", "may do all there is to do", lambda _codename: True),
)
