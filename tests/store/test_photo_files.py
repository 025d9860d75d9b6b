"""The files of photos: nothing stays behind, and nothing goes too early."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from store.models import Category, ProductPicture
from tests.store.photos import change, files, photo, upload, with_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


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
