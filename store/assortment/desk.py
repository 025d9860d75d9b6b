"""What stands on the shelf “Desk”."""

from .shapes import SeedPicture, SeedProduct, SeedVariant

DESK = (
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
)
