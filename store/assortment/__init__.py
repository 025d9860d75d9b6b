"""The opening assortment: what `seed_store` puts on the shelves."""

from .desk import DESK
from .garden import GARDEN
from .hearth import HEARTH
from .monthly import MONTHLY
from .shapes import SeedCategory, SeedPicture, SeedProduct, SeedVariant
from .table import TABLE

__all__ = ["CATEGORIES", "PRODUCTS", "SeedCategory", "SeedPicture", "SeedProduct", "SeedVariant"]

CATEGORIES = (
    SeedCategory(
        slug="table",
        name="Table",
        summary="Stoneware, ash and olive wood for meals that run long.",
        picture="scene-table",
    ),
    SeedCategory(
        slug="desk",
        name="Desk",
        summary="Paper and brass for people who still write things down.",
        picture="scene-desk",
    ),
    SeedCategory(
        slug="garden",
        name="Garden",
        summary="Tools that feel right in the hand, from windowsill to back fence.",
        picture="scene-garden",
    ),
    SeedCategory(
        slug="hearth",
        name="Hearth",
        summary="Linen, wool and beeswax for the quiet end of the day.",
        picture="scene-hearth",
    ),
    SeedCategory(
        slug="monthly",
        name="Monthly",
        summary="Letters with something in them, once a month, for as long as you like.",
        picture="scene-monthly",
    ),
)

PRODUCTS: tuple[SeedProduct, ...] = (*TABLE, *DESK, *GARDEN, *HEARTH, *MONTHLY)
