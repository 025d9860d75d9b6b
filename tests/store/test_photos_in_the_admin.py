"""Uploading a photo in the admin."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.store.factories import ProductFactory
from tests.store.photos import change, files, photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


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
