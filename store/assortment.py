"""The opening assortment: what `seed_store` puts on the shelves."""

# ruff: noqa: RUF001 (sizes are written with a multiplication sign)

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

PRODUCTS = (
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
    SeedProduct(
        category="desk",
        slug="day-book",
        name="Day Book",
        summary="A cloth-bound notebook that lies flat from the first page.",
        description=(
            "192 pages of cream paper that takes ink on both sides. Sewn, not glued, with a ribbon to "
            "keep your place and numbered pages so that you can find it again."
        ),
        details=("Paper: 100 g/m², dotted", "Sizes: A5 and A6", "Binding: sewn, cloth over board"),
        variants=(
            SeedVariant(sku="BOOK-A5-RUST", size="A5", colour="Rust", usd="22.00", eur="20.00", stock=60),
            SeedVariant(sku="BOOK-A5-FERN", size="A5", colour="Fern", usd="22.00", eur="20.00", stock=34),
            SeedVariant(sku="BOOK-A5-INK", size="A5", colour="Ink", usd="22.00", eur="20.00", stock=28),
            SeedVariant(sku="BOOK-A6-RUST", size="A6", colour="Rust", usd="16.00", eur="15.00", stock=41),
            SeedVariant(sku="BOOK-A6-FERN", size="A6", colour="Fern", usd="16.00", eur="15.00", stock=0),
        ),
        pictures=(
            SeedPicture(
                picture="notebook-rust", alt="A rust-red cloth-bound notebook standing on another", colour="Rust"
            ),
            SeedPicture(picture="notebook", alt="The notebook in fern green", colour="Fern"),
            SeedPicture(picture="notebook-ink", alt="The notebook in ink blue", colour="Ink"),
            SeedPicture(picture="notebook-close", alt="The woven cloth and the paper label"),
            SeedPicture(picture="scene-desk", alt="The notebook under a lamp, beside a box of pencils"),
        ),
        related=("six-cedar-pencils", "brass-desk-lamp", "morning-mug"),
        is_featured=True,
    ),
    SeedProduct(
        category="desk",
        slug="six-cedar-pencils",
        name="Six Cedar Pencils",
        summary="Soft, dark and unbranded, in a plain paper sleeve.",
        description=(
            "Incense cedar, sharpened by us before they leave, because a new pencil should write at "
            "once. Grade 2B: dark enough to read by lamplight, firm enough for a crossword."
        ),
        details=("Material: incense cedar", "Grade: 2B", "In the sleeve: 6"),
        variants=(SeedVariant(sku="PENCILS", usd="12.00", eur="11.00", stock=120),),
        pictures=(
            SeedPicture(picture="pencils", alt="Six sharpened pencils in a paper sleeve"),
            SeedPicture(picture="pencils-close", alt="Sharpened points"),
        ),
        related=("day-book", "letter-set", "tea-letter"),
    ),
    SeedProduct(
        category="desk",
        slug="letter-set",
        name="Letter Set",
        summary="Twelve sheets, twelve envelopes and no excuse.",
        description=(
            "Cotton paper with one deckled edge, and envelopes lined in leaf green. Enough for a year "
            "of thank-yous, or one good argument."
        ),
        details=("Paper: cotton, 120 g/m²", "In the box: 12 sheets, 12 envelopes", "Size: A5"),
        variants=(SeedVariant(sku="LETTERS", usd="26.00", eur="24.00", stock=28),),
        pictures=(
            SeedPicture(picture="letters", alt="A sheet of letter paper in an envelope with a green lining"),
            SeedPicture(picture="letters-close", alt="The deckled edge and the seal"),
        ),
        related=("six-cedar-pencils", "beeswax-pillar", "tea-letter"),
    ),
    SeedProduct(
        category="desk",
        slug="brass-desk-lamp",
        name="Brass Desk Lamp",
        summary="A small warm pool of light, exactly where the page is.",
        description=(
            "A solid brass arm that stays where it is put, a linen-covered cord and a shade that "
            "hides the bulb from the eye. The brass is not lacquered: it will go the colour of honey."
        ),
        details=("Material: brass, enamelled steel", "Height: 42 cm (16½ in)", "Bulb: E14, not included"),
        variants=(SeedVariant(sku="LAMP", usd="139.00", eur="129.00", stock=4),),
        pictures=(
            SeedPicture(picture="lamp", alt="A brass lamp with a green shade throwing a warm pool of light"),
            SeedPicture(picture="lamp-close", alt="The enamelled shade"),
            SeedPicture(picture="lamp-size", alt="The lamp is 27 cm wide and 42 cm high"),
            SeedPicture(picture="scene-desk", alt="The lamp over pencils and a notebook"),
        ),
        related=("day-book", "letter-set", "wool-throw"),
        is_featured=True,
    ),
    SeedProduct(
        category="garden",
        slug="long-spout-watering-can",
        name="Long-Spout Watering Can",
        summary="Reaches the back of the shelf without moving the front.",
        description=(
            "Made for houseplants: the spout is long and narrow, the water comes slowly, and the "
            "weight sits under the handle however full it is."
        ),
        details=("Material: powder-coated steel", "Holds: 1.6 l (54 oz)", "Made in: small batches"),
        variants=(
            SeedVariant(sku="CAN-RUST", colour="Rust", usd="58.00", eur="54.00", stock=12),
            SeedVariant(sku="CAN-FERN", colour="Fern", usd="58.00", eur="54.00", stock=21),
        ),
        pictures=(
            SeedPicture(picture="watering-can", alt="A rust-red watering can with a long spout", colour="Rust"),
            SeedPicture(picture="watering-can-fern", alt="The watering can in fern green", colour="Fern"),
            SeedPicture(picture="watering-can-close", alt="The handle over the opening"),
            SeedPicture(picture="watering-can-size", alt="The can is 38 cm wide and 26 cm high"),
            SeedPicture(picture="scene-garden", alt="The can beside three clay pots"),
        ),
        related=("terracotta-trio", "seed-letter"),
        is_featured=True,
    ),
    SeedProduct(
        category="garden",
        slug="terracotta-trio",
        name="Terracotta Trio",
        summary="Three clay pots, each sitting in the next, with saucers.",
        description=(
            "Unglazed, so that the roots can breathe and the clay turns the colour of your water. The "
            "smallest is for a cutting, the largest for what it becomes."
        ),
        details=("Material: terracotta", "Sizes: 10, 13 and 16 cm", "In the box: 3 pots, 3 saucers"),
        variants=(SeedVariant(sku="POTS", usd="34.00", eur="31.00", stock=26),),
        pictures=(
            SeedPicture(picture="pots", alt="Three clay pots, the largest with a pennywort in it"),
            SeedPicture(picture="pots-close", alt="A pennywort in the largest pot"),
            SeedPicture(picture="scene-garden", alt="The pots beside a watering can"),
        ),
        related=("long-spout-watering-can", "kitchen-herb-seeds"),
    ),
    SeedProduct(
        category="garden",
        slug="hand-trowel",
        name="Hand Trowel",
        summary="Forged in one piece, because trowels break at the join.",
        description=(
            "Carbon steel with an ash handle and a leather loop. It holds an edge sharp enough for "
            "roots, and has inch marks pressed into the blade for bulbs."
        ),
        details=(
            "Material: carbon steel, ash, leather",
            "Length: 31 cm (12¼ in)",
            "Care: dry it and it will outlive you",
        ),
        variants=(SeedVariant(sku="TROWEL", usd="32.00", eur="29.50", stock=37),),
        pictures=(
            SeedPicture(picture="trowel", alt="A trowel with an ash handle standing in dug soil"),
            SeedPicture(picture="trowel-close", alt="Inch marks on the blade"),
        ),
        related=("garden-twine", "seed-letter"),
        is_featured=True,
    ),
    SeedProduct(
        category="garden",
        slug="kitchen-herb-seeds",
        name="Kitchen Herb Seeds",
        summary="Basil, chives, dill, parsley and thyme for one windowsill.",
        description=(
            "Five packets of open-pollinated seed with sowing notes that fit on the back. If a packet "
            "does not come up, tell us, and we will send another."
        ),
        details=("In the set: 5 packets", "Sow: March to August", "Enough for: about 3 m²"),
        variants=(SeedVariant(sku="SEEDS-HERB", usd="16.00", eur="15.00", stock=3),),
        pictures=(
            SeedPicture(picture="seeds", alt="Packets of herb seed, some of it spilt"),
            SeedPicture(picture="seeds-close", alt="The front of a packet"),
        ),
        related=("seed-letter", "terracotta-trio"),
    ),
    SeedProduct(
        category="garden",
        slug="garden-twine",
        name="Garden Twine",
        summary="A tin of soft jute, with the cutter in the lid.",
        description=(
            "Strong enough for tomatoes, soft enough for sweet peas, and good on parcels too. When it "
            "runs out the tin is yours, and we sell the twine without it on request."
        ),
        details=("Material: three-ply jute", "Length: 80 m (87 yd)", "Tin: steel, with cutter"),
        variants=(SeedVariant(sku="TWINE", usd="18.50", eur="17.00", stock=44),),
        pictures=(
            SeedPicture(picture="twine", alt="A ball of jute twine in a green tin"),
            SeedPicture(picture="twine-close", alt="Three-ply jute"),
        ),
        related=("hand-trowel",),
    ),
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
