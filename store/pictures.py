"""Where the pictures of products and categories are: SVG files among the static files, in store/art."""

from django.contrib.staticfiles import finders
from django.templatetags.static import static

PLACEHOLDER = "placeholder"


def picture_exists(name: str) -> bool:
    return finders.find(_path(name)) is not None


def picture_url(name: str) -> str:
    """The picture's address; the placeholder's for no picture, or for one that is not there."""
    try:
        return static(_path(name or PLACEHOLDER))
    except ValueError:  # the manifest of collected files does not know it: a page matters more than its picture
        return static(_path(PLACEHOLDER))


def _path(name: str) -> str:
    return f"store/art/{name}.svg"
