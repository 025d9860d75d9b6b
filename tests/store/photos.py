"""Photos as a merchant's camera writes them, and a look at what the shop keeps of them."""

from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from store.models import Product, ProductPicture
from tests.store.factories import ProductFactory, ProductPictureFactory


def photo(width: int = 1200, height: int = 900, *, kind: str = "JPEG", mode: str = "RGB", **options: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, (width, height), "#3c6b4f" if mode != "CMYK" else 0).save(out, kind, **options)
    return out.getvalue()


def upload(content: bytes, name: str = "photo.jpg") -> ContentFile:
    return ContentFile(content, name)


def with_photo(product: Product | None = None, content: bytes | None = None, **values: Any) -> ProductPicture:
    product = product or ProductFactory()
    return ProductPictureFactory(product=product, picture="", photo=upload(content or photo()), **values)


def files(media: Path) -> int:
    return sum(path.is_file() for path in media.rglob("*"))


def opened(media: Path, name: str | None) -> Image.Image:
    return Image.open(BytesIO((media / str(name)).read_bytes()))


def sizes(media: Path) -> list[tuple[int, int]]:
    return sorted(opened(media, str(path)).size for path in media.rglob("*.webp"))


def change(client: Client, product: Product, shown: ProductPicture | None = None, **values: Any) -> Any:
    """Save the product's page in the admin with one picture."""
    variant = product.variants.get()
    form = {
        "name": product.name,
        "slug": product.slug,
        "category": product.category_id,
        "summary": product.summary,
        "position": 0,
        "is_active": "on",
        "variants-TOTAL_FORMS": 1,
        "variants-INITIAL_FORMS": 1,
        "variants-0-id": variant.pk,
        "variants-0-product": product.pk,
        "variants-0-sku": variant.sku,
        "variants-0-stock": 3,
        "variants-0-position": 0,
        "pictures-TOTAL_FORMS": 1,
        "pictures-INITIAL_FORMS": int(shown is not None),
        "pictures-0-id": shown.pk if shown else "",
        "pictures-0-product": product.pk,
        "pictures-0-alt": "A mug on a sill.",
        "pictures-0-position": 0,
        **{f"pictures-0-{name}": value for name, value in values.items()},
    }
    return client.post(reverse("admin:store_product_change", args=[product.pk]), form)
