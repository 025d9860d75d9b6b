"""What stands on the shelf “Monthly”."""

from .shapes import SeedPicture, SeedProduct, SeedVariant

MONTHLY = (
    SeedProduct(
        category="monthly",
        slug="tea-letter",
        name="Tea Letter",
        summary="A new loose-leaf tea each month, from one garden at a time.",
        description=(
            "A flat box that fits through the letterbox, with one tea from one garden, picked this season, and a "
            "card that says who grew it and how they drink it.\n\n"
            "Skip a month or stop whenever you like: two clicks, no questions."
        ),
        details=("In the box: one loose-leaf tea, a card", "Makes: about 20 or 40 cups", "Sent: in the first week"),
        variants=(
            SeedVariant(sku="TEA-50", size="50 g", usd="14.00", eur="13.00", stock=400),
            SeedVariant(sku="TEA-100", size="100 g", usd="24.00", eur="22.00", stock=300),
        ),
        pictures=(
            SeedPicture(picture="tea", alt="A flat box with a green label and a heap of loose tea"),
            SeedPicture(picture="tea-close", alt="Whole leaves of tea"),
            SeedPicture(picture="scene-monthly", alt="The tea beside a letter of seeds"),
        ),
        related=("two-cup-teapot", "morning-mug", "seed-letter", "day-book"),
        subscription_interval="month",
        is_featured=True,
    ),
    SeedProduct(
        category="monthly",
        slug="seed-letter",
        name="Seed Letter",
        summary="Two packets of seed a month, chosen for what can be sown now.",
        description=(
            "Something to eat and something to look at, with sowing notes for a windowsill, a bed or a balcony. "
            "In midwinter, when nothing wants sowing, we send bulbs."
        ),
        details=("In the letter: 2 packets, sowing notes", "Seed: open-pollinated", "Sent: in the first week"),
        variants=(SeedVariant(sku="SEED-LETTER", usd="9.00", eur="8.50", stock=500),),
        pictures=(
            SeedPicture(picture="seed-letter", alt="Two seed packets looking out of an envelope with a wax seal"),
            SeedPicture(picture="seed-letter-close", alt="The fronts of the packets"),
            SeedPicture(picture="scene-monthly", alt="The letter beside a box of tea"),
        ),
        related=("terracotta-trio", "hand-trowel", "tea-letter", "garden-twine"),
        subscription_interval="month",
    ),
)
