"""The opening assortment: what `seed_store` puts on the shelves."""

# ruff: noqa: RUF001 (sizes are written with a multiplication sign)

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedCategory:
    slug: str
    name: str
    summary: str
    picture: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedProduct:
    category: str
    slug: str
    name: str
    summary: str
    description: str
    details: tuple[str, ...]
    price: Decimal
    stock: int
    picture: str
    is_featured: bool = False


CATEGORIES = (
    SeedCategory(
        slug="table",
        name="Table",
        summary="Stoneware, ash and olive wood for meals that run long.",
        picture="teapot",
    ),
    SeedCategory(
        slug="desk",
        name="Desk",
        summary="Paper and brass for people who still write things down.",
        picture="notebook",
    ),
    SeedCategory(
        slug="garden",
        name="Garden",
        summary="Tools that feel right in the hand, from windowsill to back fence.",
        picture="watering-can",
    ),
    SeedCategory(
        slug="hearth",
        name="Hearth",
        summary="Linen, wool and beeswax for the quiet end of the day.",
        picture="candle",
    ),
)

PRODUCTS = (
    SeedProduct(
        category="table",
        slug="morning-mug",
        name="Morning Mug",
        summary="A wide stoneware mug that keeps both hands warm.",
        description=(
            "Thrown in one piece with a handle that takes three fingers, and glazed in oatmeal to "
            "just above the foot, so that it never scratches the table.\n\n"
            "Each one is a little different. That is the point of it."
        ),
        details=("Material: stoneware", "Holds: 380 ml (13 oz)", "Care: dishwasher and microwave safe"),
        price=Decimal("28.00"),
        stock=40,
        picture="mug",
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
        price=Decimal("64.00"),
        stock=14,
        picture="teapot",
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
        price=Decimal("36.00"),
        stock=32,
        picture="bowl",
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
        price=Decimal("14.50"),
        stock=85,
        picture="spoon",
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
        price=Decimal("48.00"),
        stock=18,
        picture="board",
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
        details=("Paper: 100 g/m², dotted", "Size: A5", "Binding: sewn, cloth over board"),
        price=Decimal("22.00"),
        stock=60,
        picture="notebook",
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
        price=Decimal("12.00"),
        stock=120,
        picture="pencils",
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
        price=Decimal("26.00"),
        stock=28,
        picture="letters",
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
        price=Decimal("139.00"),
        stock=4,
        picture="lamp",
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
        price=Decimal("58.00"),
        stock=21,
        picture="watering-can",
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
        price=Decimal("34.00"),
        stock=26,
        picture="pots",
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
        price=Decimal("32.00"),
        stock=37,
        picture="trowel",
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
        price=Decimal("16.00"),
        stock=3,
        picture="seeds",
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
        price=Decimal("18.50"),
        stock=44,
        picture="twine",
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
        price=Decimal("24.00"),
        stock=50,
        picture="candle",
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
        price=Decimal("32.00"),
        stock=33,
        picture="towels",
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
        price=Decimal("128.00"),
        stock=9,
        picture="throw",
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
        price=Decimal("30.00"),
        stock=0,
        picture="vase",
    ),
)
