"""Link Tracking Offers, the creators who may run them, and what their addresses look like."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

DEFAULT_OFFER_URL = "http://127.0.0.1:8000/?affiliate_id={affiliate_id}"
TEST_CREATOR_ID = "1"  # whom Aspire's test link names (Aspire 6425578)

_MACRO = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Creator:
    """Somebody who sends shoppers (Aspire: creator, member; TUNE: partner, affiliate)."""

    aff_id: str
    name: str
    short_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A Link Tracking Offer, as a merchant adds it in Aspire (Aspire 6613917).

    `url` is the Offer URL with its macros; `other_hosts` are hosts (`shop.example`, `127.0.0.1:8001`) that a
    deep link may lead to besides the Offer URL's own; `aff_ids` names who may run the offer,
    None for everybody.
    """

    offer_id: str = "12345"
    url: str = DEFAULT_OFFER_URL
    name: str = "Link Tracking Offer"
    ref: str = ""
    security_token: str = ""
    other_hosts: tuple[str, ...] = ()
    aff_ids: tuple[str, ...] | None = None
    is_paused: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError(f"The Offer URL is {self.url!r}: give a whole address, such as {DEFAULT_OFFER_URL}")
        if not {"affiliate_id", "transaction_id"} & set(_MACRO.findall(self.url)):
            raise ValueError(
                f"The Offer URL is {self.url!r}: it carries neither {{affiliate_id}} nor "
                "{transaction_id}, so the shop would not learn who sent the shopper. "
                f"Try {DEFAULT_OFFER_URL}"
            )

    def may_lead_to(self, url: str) -> bool:
        """Tell whether a deep link may lead to `url`: only to hosts of the shop, as on the real thing."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        hosts = {urlsplit(self.url).netloc.lower(), *(host.lower() for host in self.other_hosts)}
        return parts.scheme in {"http", "https"} and parts.netloc.lower() in hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All offers and creators; the first offer is the one that short links lead to."""

    offers: tuple[Offer, ...]
    creators: tuple[Creator, ...]

    def offer(self, offer_id: str) -> Offer | None:
        """Return the offer with this id."""
        return next((offer for offer in self.offers if offer.offer_id == offer_id), None)

    def creator(self, aff_id: str) -> Creator | None:
        """Return the creator with this id."""
        return next((creator for creator in self.creators if creator.aff_id == aff_id), None)

    def creator_at(self, path: str) -> Creator | None:
        """Return the creator whose short link has this path."""
        return next((who for who in self.creators if who.short_code and path == f"/{who.short_code}"), None)

    def hash_paths(self) -> Iterator[tuple[str, Offer]]:
        """Yield each offer's hash path, `/SL2` for the first: TUNE's other form of `/aff_lsr`."""
        for place, offer in enumerate(self.offers, start=1):
            yield f"/SL{2 * place}", offer


DEFAULT_CREATORS = (
    Creator(aff_id="123456", name="Mara Lindqvist", short_code="SH1QbP"),
    Creator(aff_id="204817", name="Theo Okafor", short_code="SH3RcK"),
    Creator(aff_id="377120", name="Noor Haddad", short_code="SH7TdW"),
    Creator(aff_id=TEST_CREATOR_ID, name="Aspire test"),
)


def fill_macros(url: str, values: Mapping[str, str]) -> str:
    """Fill the macros in `url`, each value URL-encoded; an unknown macro stays as it is.

    The result holds nothing but what may stand in a Location header.
    """
    filled = _MACRO.sub(
        lambda found: quote(values[found[1]], safe="") if found[1] in values else found[0],
        url,
    )
    return quote(filled, safe=":/?#[]@!$&'()*+,;=%~{}")


def postback_query(offer: Offer, *, names_offer: bool = True, by_transaction: bool = False) -> str:
    """Return the query of the URL under *Instructions*, with its placeholders (Aspire 6613917, 7852711)."""
    who = {"transaction_id": "TRANSACTION_ID"} if by_transaction else {"aff_id": "AFFILIATE_ID"}
    return urlencode(
        {
            **({"offer_id": offer.offer_id} if names_offer else {}),
            **who,
            "amount": "AMOUNT",
            "adv_unique1": "ORDER_ID",
            **({"security_token": "SECURITY_TOKEN"} if offer.security_token else {}),
        }
    )
