"""What stands on the shelf “Hearth”."""

# ruff: noqa: RUF001 (sizes are written with a multiplication sign)

from .shapes import SeedPicture, SeedProduct, SeedVariant

HEARTH = (
    SeedProduct(
        category="hearth",
        slug="beeswax-pillar",
        name="Beeswax Pillar",
        summary="A slow, honey-coloured candle that smells of nothing but bees.",
        description=(
            "Poured by hand from clean wax with a cotton wick. Give the first burn three hours and it "
            "will not tunnel; after that it asks for nothing."
        ),
        details=("Material: beeswax, cotton wick", "Burns: about 60 hours", "Size: 7 × 15 cm (2¾ × 6 in)"),
        variants=(
            SeedVariant(sku="CANDLE-S", size="Small", usd="16.00", eur="15.00", stock=36),
            SeedVariant(sku="CANDLE-M", size="Medium", usd="24.00", eur="22.00", stock=50),
            SeedVariant(sku="CANDLE-L", size="Large", usd="34.00", eur="31.50", stock=18),
        ),
        pictures=(
            SeedPicture(picture="candle", alt="A lit beeswax candle on a brass holder"),
            SeedPicture(picture="candle-sizes", alt="Small, medium and large, side by side"),
            SeedPicture(picture="candle-close", alt="The flame and a drop of wax"),
            SeedPicture(picture="candle-size", alt="The medium candle is 7 cm wide and 15 cm high"),
            SeedPicture(picture="scene-hearth", alt="The candle beside folded throws"),
        ),
        related=("bud-vase", "wool-throw", "two-cup-teapot"),
        is_featured=True,
    ),
    SeedProduct(
        category="hearth",
        slug="linen-tea-towels",
        name="Linen Tea Towels",
        summary="A pair that dries glass without lint and gets better by the wash.",
        description=(
            "Heavy linen, washed before it is cut so that it does not shrink on you. One is striped, "
            "one is plain; nobody has ever agreed which is for the hands."
        ),
        details=("Material: linen, 260 g/m²", "Size: 50 × 70 cm (20 × 28 in)", "Care: wash hot, never iron"),
        variants=(
            SeedVariant(sku="TOWELS-INK", colour="Ink", usd="32.00", eur="29.50", stock=25),
            SeedVariant(sku="TOWELS-FERN", colour="Fern", usd="32.00", eur="29.50", stock=33),
        ),
        pictures=(
            SeedPicture(picture="towels", alt="A striped towel and an ink-blue one on a rail", colour="Ink"),
            SeedPicture(picture="towels-fern", alt="The pair with fern green", colour="Fern"),
            SeedPicture(picture="towels-close", alt="Woven stripes at the hem"),
        ),
        related=("supper-bowl", "ash-bread-board"),
    ),
    SeedProduct(
        category="hearth",
        slug="wool-throw",
        name="Wool Throw",
        summary="Heavy enough to stay put, soft enough to fall asleep under.",
        description=(
            "Woven from undyed lambswool with a fringe knotted by hand. It is the one thing in this "
            "shop we are asked to lend and never get back."
        ),
        details=("Material: lambswool", "Size: 130 × 180 cm (51 × 71 in)", "Care: air it, wash cold by hand"),
        variants=(
            SeedVariant(sku="THROW-OAT", colour="Oatmeal", usd="128.00", eur="118.00", stock=9),
            SeedVariant(sku="THROW-FERN", colour="Fern", usd="128.00", eur="118.00", stock=5),
        ),
        pictures=(
            SeedPicture(picture="throw", alt="Three oatmeal wool throws folded on a bench", colour="Oatmeal"),
            SeedPicture(picture="throw-fern", alt="The throw in fern green", colour="Fern"),
            SeedPicture(picture="throw-close", alt="The knotted fringe"),
            SeedPicture(picture="scene-hearth", alt="Folded throws beside a candle and a vase"),
        ),
        related=("beeswax-pillar", "morning-mug"),
    ),
    SeedProduct(
        category="hearth",
        slug="bud-vase",
        name="Bud Vase",
        summary="For the one stem you picked on the way home.",
        description=(
            "A round belly and a narrow neck, so that a single flower stands up by itself. Glazed "
            "inside and out, in a green that flatters everything."
        ),
        details=("Material: stoneware", "Height: 14 cm (5½ in)", "Care: rinse it out"),
        variants=(SeedVariant(sku="VASE", usd="30.00", eur="27.50", stock=0),),
        pictures=(
            SeedPicture(picture="vase", alt="A round green vase with one white flower"),
            SeedPicture(picture="vase-close", alt="A single flower in its neck"),
            SeedPicture(picture="vase-size", alt="The vase is 11 cm wide and 14 cm high"),
        ),
        related=("beeswax-pillar", "terracotta-trio"),
    ),
)
