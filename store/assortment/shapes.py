"""The shapes that the opening assortment is written in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedCategory:
    slug: str
    name: str
    summary: str
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedVariant:
    """Prices as text, one for each currency that the assortment has a price list for."""

    sku: str
    usd: str
    eur: str
    stock: int
    size: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedPicture:
    picture: str
    alt: str
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedProduct:
    category: str
    slug: str
    name: str
    summary: str
    description: str
    details: tuple[str, ...]
    variants: tuple[SeedVariant, ...]
    pictures: tuple[SeedPicture, ...]
    related: tuple[str, ...] = ()
    subscription_interval: str = ""
    is_featured: bool = False
