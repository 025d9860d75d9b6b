"""Uploaded photos. A photo never changes under its name, so browsers and caches may keep it for ever."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from store.pictures import PHOTOS, is_photo_file


@require_safe
def photo(request: HttpRequest, name: str) -> FileResponse:
    if not is_photo_file(name):
        raise Http404
    try:
        file = default_storage.open(PHOTOS + name)
    except FileNotFoundError:
        raise Http404 from None
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(file, content_type="image/webp", headers=headers)
