"""What stands on the shelf “Garden”."""

from .shapes import SeedPicture, SeedProduct, SeedVariant

GARDEN = (
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
)
