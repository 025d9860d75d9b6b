"""What stands on the shelf “Table”."""

# ruff: noqa: RUF001 (sizes are written with a multiplication sign)

from .shapes import SeedPicture, SeedProduct, SeedVariant

TABLE = (
    SeedProduct(
        category="table",
        slug="morning-mug",
        name="Morning Mug",
        summary="A wide stoneware mug that keeps both hands warm.",
        description=(
            "Thrown in one piece with a handle that takes three fingers, and glazed to "
            "just above the foot, so that it never scratches the table.\n\n"
            "Each one is a little different. That is the point of it."
        ),
        details=("Material: stoneware", "Holds: 380 ml (13 oz)", "Care: dishwasher and microwave safe"),
        variants=(
            SeedVariant(sku="MUG-OAT", colour="Oatmeal", usd="28.00", eur="26.00", stock=40),
            SeedVariant(sku="MUG-FERN", colour="Fern", usd="28.00", eur="26.00", stock=22),
            SeedVariant(sku="MUG-INK", colour="Ink", usd="32.00", eur="29.00", stock=6),
        ),
        pictures=(
            SeedPicture(
                picture="mug", alt="An oatmeal stoneware mug of coffee, unglazed at the foot", colour="Oatmeal"
            ),
            SeedPicture(picture="mug-fern", alt="The mug in fern green", colour="Fern"),
            SeedPicture(picture="mug-ink", alt="The mug in ink blue", colour="Ink"),
            SeedPicture(picture="mug-close", alt="The handle, wide enough for three fingers"),
            SeedPicture(picture="mug-size", alt="The mug is 9 cm wide and 10 cm high"),
            SeedPicture(picture="scene-table", alt="The mug beside a teapot and a loaf"),
        ),
        related=("two-cup-teapot", "tea-letter"),
        is_featured=True,
    ),
    SeedProduct(
        category="table",
        slug="two-cup-teapot",
        name="Two-Cup Teapot",
        summary="Exactly enough tea for two, and a spout that does not drip.",
        description=(
            "We poured from eleven teapots before we chose this one. The lid stays on at any angle, "
            "the strainer is cut into the clay, and the last half cup comes out as hot as the first."
        ),
        details=("Material: glazed stoneware", "Holds: 600 ml (20 oz)", "Care: wash by hand"),
        variants=(
            SeedVariant(sku="TEAPOT-FERN", colour="Fern", usd="64.00", eur="59.00", stock=14),
            SeedVariant(sku="TEAPOT-RUST", colour="Rust", usd="64.00", eur="59.00", stock=3),
        ),
        pictures=(
            SeedPicture(picture="teapot", alt="A round teapot in fern green with a rust-red knob", colour="Fern"),
            SeedPicture(picture="teapot-rust", alt="The teapot in rust red", colour="Rust"),
            SeedPicture(picture="teapot-close", alt="The spout, which does not drip"),
            SeedPicture(picture="teapot-size", alt="The teapot is 21 cm wide and 15 cm high"),
        ),
        related=("morning-mug", "tea-letter"),
        is_featured=True,
    ),
    SeedProduct(
        category="table",
        slug="supper-bowl",
        name="Supper Bowl",
        summary="Between a plate and a bowl: right for pasta, soup and seconds.",
        description=(
            "Wide enough to turn a fork in and deep enough for broth. The rim is flat, so it carries "
            "well from the kitchen, and four of them stack no higher than a hand."
        ),
        details=(
            "Material: stoneware",
            "Size: 22 cm (8¾ in) across",
            "Care: dishwasher and oven safe to 200 °C",
        ),
        variants=(
            SeedVariant(sku="BOWL-ONE", size="One", usd="36.00", eur="33.00", stock=32),
            SeedVariant(sku="BOWL-FOUR", size="Set of four", usd="128.00", eur="118.00", stock=9),
        ),
        pictures=(
            SeedPicture(picture="bowl", alt="Two ink-blue bowls, the upper one full of pasta"),
            SeedPicture(picture="bowl-stack", alt="Four bowls stacked"),
            SeedPicture(picture="bowl-close", alt="The flat rim"),
            SeedPicture(picture="bowl-size", alt="The bowl is 22 cm wide and 8 cm high"),
        ),
        related=("olive-wood-spoon",),
    ),
    SeedProduct(
        category="table",
        slug="olive-wood-spoon",
        name="Olive-Wood Spoon",
        summary="One spoon for stirring, tasting and serving.",
        description=(
            "Cut from prunings of old olive trees, oiled twice and left alone. The grain darkens with "
            "use; ours is nearly black and we would not swap it."
        ),
        details=("Material: olive wood", "Length: 30 cm (12 in)", "Care: wash by hand, oil now and then"),
        variants=(SeedVariant(sku="SPOON", usd="14.50", eur="13.50", stock=85),),
        pictures=(
            SeedPicture(picture="spoon", alt="An olive-wood spoon on a striped cloth"),
            SeedPicture(picture="spoon-close", alt="The grain of the wood"),
        ),
        related=("supper-bowl", "ash-bread-board"),
    ),
    SeedProduct(
        category="table",
        slug="ash-bread-board",
        name="Ash Bread Board",
        summary="A long board for a whole loaf, and the crumbs that go with it.",
        description=(
            "A single plank of ash with a hole to hang it by. One side is for the knife, the other "
            "for the table, and after a year nobody remembers which was which."
        ),
        details=("Material: solid ash", "Size: 48 × 20 cm (19 × 8 in)", "Care: wipe clean, oil twice a year"),
        variants=(SeedVariant(sku="BOARD", usd="48.00", eur="44.00", stock=18),),
        pictures=(
            SeedPicture(picture="board", alt="A long ash board leaning behind a loaf of bread"),
            SeedPicture(picture="board-close", alt="The hole to hang it by"),
            SeedPicture(picture="board-size", alt="The board is 20 cm wide and 48 cm long"),
            SeedPicture(picture="scene-table", alt="The board behind a teapot and a mug"),
        ),
        related=("supper-bowl", "olive-wood-spoon"),
        is_featured=True,
    ),
)
