"""Photos on the shop's pages, and the address that they are served at."""

from pathlib import Path

import pytest
from django.test import Client

from tests.store.factories import CategoryFactory, ProductFactory
from tests.store.photos import photo, upload, with_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


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
