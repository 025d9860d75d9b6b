"""What comes in from a camera, and what the shop keeps of it: WebP, upright, in sensible widths, without EXIF."""

import secrets
from io import BytesIO
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import Image, ImageCms, ImageOps

from .pictures import WIDTHS, name_of_photo

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 64_000_000  # what the best phones take; more is not decoded, so that a small file cannot fill the memory
MIN_SIDE = 320  # pixels; less looks poor on any page
LARGEST = 1600  # pixels wide or high; nothing larger is kept
_QUALITY = 82
_FORMATS = ("JPEG", "PNG", "WEBP")


class Photo(ContentFile):  # type: ignore[type-arg]  # not generic at run time
    """A photo as the shop keeps it; `copies` are its smaller ones by width."""

    def __init__(self, content: bytes, name: str, copies: dict[int, bytes]) -> None:
        super().__init__(content, name)
        self.copies = copies


def develop(upload: "File[Any]") -> Photo:
    """Make the shop's photo of an upload; raise ValidationError where that is not possible, and say why."""
    if upload.size > MAX_BYTES:
        raise ValidationError(
            f"This file has {upload.size // 1024**2} MB; a photo may have {MAX_BYTES // 1024**2} MB at most."
        )
    upload.seek(0)
    picture = _decoded(upload)
    whole = picture.copy()
    whole.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    width, height = whole.size
    copies = {each: _encoded(_narrowed(whole, each)) for each in WIDTHS if each < width}
    return Photo(_encoded(whole), name_of_photo(secrets.token_hex(8), width, height), copies)


def _decoded(upload: "File[Any]") -> Image.Image:
    try:
        with Image.open(upload, formats=_FORMATS) as picture:
            _check_size(*picture.size)
            picture.draft("RGB", (LARGEST, LARGEST))  # a large JPEG is decoded at a fraction of its size
            return _in_screen_colours(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(_too_large("This picture")) from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise ValidationError("This is not a photo that can be read: save it as JPEG, PNG or WebP.") from None


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ValidationError(_too_large(f"This picture of {width} × {height} pixels"))  # noqa: RUF001
    if min(width, height) < MIN_SIDE:
        raise ValidationError(
            f"This picture has {width} × {height} pixels; {MIN_SIDE} each way is the least."  # noqa: RUF001
        )


def _too_large(what: str) -> str:
    return f"{what} is too large: {MAX_PIXELS // 1_000_000} million pixels are the most. Save a smaller one."


def _in_screen_colours(picture: Image.Image) -> Image.Image:
    """RGB as every screen shows it: phones photograph in a wider space, printers' files are CMYK."""
    profile = picture.info.get("icc_profile")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return converted or picture.convert(mode)
        except (ImageCms.PyCMSError, OSError):  # a damaged profile: the colours as they are
            pass
    return picture.convert(mode)


def _narrowed(picture: Image.Image, width: int) -> Image.Image:
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _encoded(picture: Image.Image) -> bytes:
    """WebP, without anything that the camera wrote down."""
    out = BytesIO()
    picture.save(out, "WEBP", quality=_QUALITY, method=4, exif=b"", icc_profile=b"", xmp=b"")
    return out.getvalue()
