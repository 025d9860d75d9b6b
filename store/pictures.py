"""Where the pictures of products and categories are: drawings among the static files, photos among the uploads."""

import re
from dataclasses import dataclass

from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.templatetags.static import static

PLACEHOLDER = "placeholder"
PHOTOS = "photos/"  # the folder of uploaded photos
WIDTHS = (480, 960)  # pixels; the smaller copies of a photo, where it is wider

_PHOTO_NAME = re.compile(r"photos/[0-9a-f]{16}-(\d{1,5})x(\d{1,5})\.webp")
_FILE_NAME = re.compile(r"[0-9a-f]{16}-\d{1,5}x\d{1,5}(-\d{1,5})?\.webp")


@dataclass(frozen=True)
class Image:
    """What a page shows: an address, and of a photo the widths that it can be had in, as `srcset` wants them."""

    url: str
    sources: str = ""


def drawing_exists(name: str) -> bool:
    return finders.find(_drawing_path(name)) is not None


def image_of(name: str) -> Image:
    """The image by the name of a drawing or of a photo; the placeholder's for no name, or for one that is not known."""
    if not name.startswith(PHOTOS):
        return Image(_drawing_url(name or PLACEHOLDER))
    sources = [f"{default_storage.url(copy)} {width}w" for width, copy in copies_of(name).items()]
    return Image(default_storage.url(name), ", ".join(sources))


def name_of_photo(token: str, width: int, height: int) -> str:
    """A photo's size is in its name, so that pages know it without opening the file."""
    return f"{PHOTOS}{token}-{width}x{height}.webp"


def copies_of(photo: str) -> dict[int, str]:
    """The files of a photo by their width: the smaller copies, and itself last."""
    parsed = _PHOTO_NAME.fullmatch(photo)
    if not parsed:
        return {}
    whole = int(parsed[1])
    stem = photo.removesuffix(".webp")
    return {**{width: f"{stem}-{width}.webp" for width in WIDTHS if width < whole}, whole: photo}


def is_photo_file(name: str) -> bool:
    """Whether a file of that name can be a photo or a copy of one; the name comes from an address."""
    return _FILE_NAME.fullmatch(name) is not None


def _drawing_url(name: str) -> str:
    try:
        return static(_drawing_path(name))
    except ValueError:  # the manifest of collected files does not know it: a page matters more than its picture
        return static(_drawing_path(PLACEHOLDER))


def _drawing_path(name: str) -> str:
    return f"store/art/{name}.svg"
