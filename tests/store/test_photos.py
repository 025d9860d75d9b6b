"""Photos that a merchant uploads: what is taken, and what is kept of it."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from PIL import Image, ImageCms

from store.photos import MAX_BYTES, develop
from tests.store.photos import opened, photo, sizes, upload, with_photo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


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
