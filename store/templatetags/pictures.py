"""`{% picture product.image side=400 %}`: a picture in a square frame, whose place is kept before it is there."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from store.pictures import Image

register = template.Library()


@register.simple_tag
def picture(image: Image, *, side: int, alt: str = "", sizes: str = "", lazy: bool = False) -> SafeString:
    """`side`: of the frame in pixels; `sizes`: how wide it is on which screen, where that differs."""
    attributes = {"src": image.url}
    if image.sources:
        attributes |= {"class": "photo", "srcset": image.sources, "sizes": sizes or f"{side}px"}
    attributes |= {"alt": alt, "width": str(side), "height": str(side)}
    if lazy:
        attributes["loading"] = "lazy"
    return format_html("<img {}>", format_html_join(" ", '{}="{}"', attributes.items()))
