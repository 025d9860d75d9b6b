"""Pages that are the same for everyone, so that any cache may keep them."""

import gzip

import pytest
from django.test import Client
from django.urls import reverse

from store.models import Product
from tests.store.conftest import Shopper
from tests.store.factories import ProductFactory, ProductPictureFactory

pytestmark = pytest.mark.django_db

PAGES = ["home", "product_list", "category", "product", "about", "delivery", "sitemap", "robots"]


@pytest.fixture
def product() -> Product:
    product = ProductFactory(is_featured=True, eur="18.00")
    ProductPictureFactory(product=product)
    return product


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, product: Product) -> str:
    args = {"category": [product.category.slug], "product": [product.slug]}.get(request.param, [])
    return reverse(f"store:{request.param}", args=args)


@pytest.mark.parametrize("prefix", ["", "/eur"])
def test_it_asks_for_nobody_and_says_so(client: Client, page: str, prefix: str) -> None:
    response = client.get(prefix + page)

    assert response.status_code == 200
    assert "Cookie" not in response.get("Vary", "")
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=60"
    assert not response.cookies
    assert b"csrfmiddlewaretoken" not in response.content


def test_it_is_the_same_for_someone_with_a_full_cart(client: Client, shopper: Shopper, page: str) -> None:
    shopper.adds(ProductFactory(), 3)

    response = shopper.client.get(page)

    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies
    assert response.content == client.get(page).content


def test_what_a_creator_sends_is_kept_by_no_cache(client: Client, product: Product) -> None:
    response = client.get(product.get_absolute_url(), {"affiliate_id": "123456"})

    assert response["Cache-Control"] == "private, no-store"
    assert "aspire_click" in response.cookies


def test_a_page_that_did_not_change_is_not_sent_again(client: Client, product: Product) -> None:
    first = client.get(product.get_absolute_url())

    again = client.get(product.get_absolute_url(), headers={"If-None-Match": first["ETag"]})

    assert again.status_code == 304
    assert again.content == b""


def test_pages_travel_compressed(client: Client, product: Product) -> None:
    response = client.get(product.get_absolute_url(), headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert product.name in gzip.decompress(response.content).decode()


def test_the_sitemap_lists_what_is_for_sale_in_its_currency(client: Client, product: Product) -> None:
    only_usd, hidden = ProductFactory(), ProductFactory(is_active=False)

    usd, eur = (client.get(f"{prefix}/sitemap.xml").content.decode() for prefix in ("", "/eur"))

    assert f"<loc>http://testserver{product.get_absolute_url()}</loc>" in usd
    assert only_usd.slug in usd
    assert f"<loc>http://testserver/eur{product.get_absolute_url()}</loc>" in eur
    assert only_usd.slug not in eur
    assert hidden.slug not in usd + eur


def test_robots_are_told_the_sitemaps_and_where_to_keep_out(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert "Disallow: /cart/" in lines
    assert "Sitemap: http://testserver/sitemap.xml" in lines
    assert "Sitemap: http://testserver/eur/sitemap.xml" in lines
