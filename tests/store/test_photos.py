"""Photos that a merchant uploads: what is taken, what is kept, how it is shown, and that nothing stays behind."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image, ImageCms
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from store.models import Category, Product, ProductPicture
from store.photos import MAX_BYTES, develop
from tests.store.factories import CategoryFactory, ProductFactory, ProductPictureFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    """The folder that uploads go to."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


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


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")]
)
def test_whatever_kind_is_uploaded_becomes_webp(media: Path, kind: str, mode: str) -> None:
    kept = opened(media, with_photo(content=photo(kind=kind, mode=mode)).photo.name)

    assert (kept.format, kept.size) == ("WEBP", (1200, 900))


def test_a_large_photo_is_kept_in_sensible_widths(media: Path) -> None:
    picture = with_photo(content=photo(4000, 3000))

    assert sizes(media) == [(480, 360), (960, 720), (1600, 1200)]
    assert "1600x1200" in str(picture.photo.name)


def test_a_small_photo_is_not_blown_up(media: Path) -> None:
    with_photo(content=photo(400, 500))

    assert sizes(media) == [(400, 500)]


def test_what_the_camera_wrote_down_is_dropped_and_the_photo_stands_upright(media: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken

    kept = opened(media, with_photo(content=photo(1200, 900, exif=exif)).photo.name)

    assert kept.size == (900, 1200)
    assert not kept.getexif()
    assert "exif" not in kept.info


def test_a_transparent_picture_stays_transparent(media: Path) -> None:
    content = BytesIO()
    Image.new("RGBA", (400, 400), (0, 0, 0, 0)).save(content, "PNG")

    kept = opened(media, with_photo(content=content.getvalue()).photo.name)

    assert kept.mode == "RGBA"
    assert kept.getpixel((9, 9))[3] == 0  # type: ignore[index]


def test_the_colours_of_a_wide_space_become_those_of_a_screen(media: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    kept = opened(media, with_photo(content=photo(icc_profile=profile)).photo.name)

    assert "icc_profile" not in kept.info
    assert all(abs(a - b) < 6 for a, b in zip(kept.getpixel((9, 9)), (0x3C, 0x6B, 0x4F), strict=True))  # type: ignore[arg-type]


def bomb(side: int) -> bytes:
    """A PNG of few bytes that says it is `side` pixels wide and high."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read|can be read"),
        (b"", "can be read"),
        (photo()[:2000], "can be read"),
        (photo(kind="GIF", mode="P"), "save it as JPEG, PNG or WebP"),
        (photo(900, 200), "900 × 200 pixels; 320 each way is the least"),  # noqa: RUF001
        (bomb(9_000), "too large: 64 million pixels are the most"),
        (bomb(12_000), "too large: 64 million pixels are the most"),
        (bomb(60_000), "too large: 64 million pixels are the most"),
    ],
    ids=["svg", "nothing", "cut off", "gif", "small", "large", "very large", "bomb"],
)
def test_what_is_no_fit_photo_is_refused_with_the_reason(media: Path, content: bytes, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        develop(upload(content))


def test_a_file_of_too_many_bytes_is_refused_unread() -> None:
    with pytest.raises(ValidationError, match="20 MB at most"):
        develop(upload(b"x" * (MAX_BYTES + 1024**2)))


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


def test_a_merchant_uploads_a_photo_in_the_admin(admin_client: Client, media: Path) -> None:
    product = ProductFactory()

    change(admin_client, product, photo=SimpleUploadedFile("IMG 0001.JPG", photo(), "image/jpeg"))

    picture = product.pictures.get()
    assert files(media) == 3
    page = admin_client.get(reverse("admin:store_product_change", args=[product.pk])).content.decode()
    assert f'<img src="/media/{picture.photo.name}"' in page


def test_what_cannot_be_read_is_refused_beside_the_field(admin_client: Client, media: Path) -> None:
    product = ProductFactory()

    page = change(admin_client, product, photo=SimpleUploadedFile("a.jpg", b"not a photo", "image/jpeg"))

    assert "This is not a photo that can be read" in page.content.decode()
    assert not product.pictures.exists()
    assert files(media) == 0


def test_a_picture_of_nothing_is_refused(admin_client: Client) -> None:
    product = ProductFactory()

    page = change(admin_client, product)

    assert "Upload a photo, or name a drawing." in page.content.decode()


def test_a_photo_is_shown_in_place_of_the_drawing_by_its_widths(client: Client) -> None:
    product = ProductFactory()
    picture = with_photo(product, alt="A mug")

    pages = [client.get(path).content.decode() for path in (product.get_absolute_url(), "/shop/")]

    stem = str(picture.photo.name).removesuffix(".webp")
    for page in pages:
        assert f'srcset="/media/{stem}-480.webp 480w, /media/{stem}-960.webp 960w, /media/{stem}.webp 1200w"' in page
    assert 'alt="A mug" width="640" height="640"' in pages[0]


def test_below_a_currencys_address_a_photo_is_the_same_file(client: Client) -> None:
    product = ProductFactory(eur=18)
    picture = with_photo(product)

    assert f'src="/media/{picture.photo.name}"' in client.get(f"/eur{product.get_absolute_url()}").content.decode()


def test_the_photo_of_a_colour_is_the_variants_and_a_search_engines(client: Client) -> None:
    product = ProductFactory()
    picture = with_photo(product)

    assert product.variants.get().image == picture.image
    assert f'"http://testserver/media/{picture.photo.name}"' in client.get(product.get_absolute_url()).content.decode()


def test_a_shelf_can_have_a_photo(client: Client) -> None:
    category = CategoryFactory(photo=upload(photo()))
    ProductFactory(category=category)

    assert f'src="/media/{category.photo.name}"' in client.get(category.get_absolute_url()).content.decode()


def test_the_shop_serves_a_photo_to_be_kept_for_ever_and_not_compressed_again(client: Client) -> None:
    picture = with_photo()

    answer = client.get(picture.image.url, headers={"Accept-Encoding": "gzip"})

    assert b"".join(answer.streaming_content)[8:12] == b"WEBP"
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Encoding" not in answer
    assert not answer.cookies


@pytest.mark.parametrize(
    "name", ["0123456789abcdef-9x9.webp", "secret.txt", "..%2Fshop.sqlite3", "%2e%2e/%2e%2e/etc/passwd", ".webp"]
)
def test_no_other_file_is_served(client: Client, media: Path, name: str) -> None:
    (media / "photos").mkdir(parents=True)
    (media / "photos" / "secret.txt").write_text("x")

    assert client.get(f"/media/photos/{name}").status_code == 404


def test_the_files_of_a_deleted_picture_go_with_it(
    media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    picture = with_photo()

    with django_capture_on_commit_callbacks(execute=True):
        picture.product.delete()

    assert files(media) == 0


def test_the_files_of_a_replaced_photo_go_when_that_is_committed(
    media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    picture = ProductPicture.objects.get(pk=with_photo().pk)

    with django_capture_on_commit_callbacks() as callbacks:
        picture.photo = upload(photo(400, 400))
        picture.save()
    assert files(media) == 4
    [callback() for callback in callbacks]

    assert [path.name for path in (media / "photos").iterdir()] == [str(picture.photo.name).removeprefix("photos/")]


def test_a_cleared_photo_gives_way_to_the_drawing(
    admin_client: Client, media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    picture = with_photo()

    with django_capture_on_commit_callbacks(execute=True):
        change(admin_client, picture.product, picture, **{"photo-clear": "on", "picture": "mug"})

    picture = ProductPicture.objects.get()
    assert picture.image.url.endswith("store/art/mug.svg")
    assert files(media) == 0


def test_saving_other_things_leaves_the_files_alone(
    media: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    picture = ProductPicture.objects.get(pk=with_photo().pk)

    with django_capture_on_commit_callbacks(execute=True):
        picture.alt = "Another"
        picture.save()
        Category.objects.get(pk=picture.product.category_id).save()

    assert files(media) == 3
