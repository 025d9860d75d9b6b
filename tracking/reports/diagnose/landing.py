"""Does a creator's link lead to a kept click? Follows it as shoppers do, and judges what they meet."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from importlib import import_module
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.core import signing

from tracking.capture.clicks import Finding, find_id
from tracking.capture.consent import SESSION_KEY
from tracking.conf import conf
from tracking.models import Offer
from tracking.reports.diagnose import copies, hops, keeping
from tracking.reports.diagnose.keeping import Expected
from tracking.reports.diagnose.results import Result, ok
from tracking.reports.diagnose.shopper import Journey, Shopper, parameters
from tracking.reports.diagnose.visits import Names, Visitor, gather

MIDDLEWARE = "tracking.middleware.AffiliateMiddleware"


def check_landing(url: str, *, visitor: Visitor, cookies: str, now: datetime) -> Iterator[Result]:
    """Follow the link, then visit the page that it leads to as several shoppers. Makes no order, so no sale."""
    names = Names(
        affiliate_id=conf.affiliate_id_param,
        offer_id=conf.offer_id_param,
        transaction_id=conf.transaction_id_param,
        cookie=conf.cookie_name,
        session=conf.session_cookie_name,
    )
    journey = Shopper(visitor.visit, cookies).follow(url)
    yield from hops.judge(journey, names.parameters, names.cookie)
    landing = _landing(journey, names)
    has_page = journey.hops and journey.end.page.status == HTTPStatus.OK
    if landing and not hops.is_on_the_way(journey, landing):
        yield ok(
            hops.LANDING, f"What follows was asked at {landing}, as if every redirect led there with the parameter."
        )
    if landing and (has_page or journey.last_set(names.cookie)):
        visits = gather(landing, names=names, visitor=visitor, cookies=cookies)
        yield from keeping.judge(visits, _expected(landing, names), now)
        yield from copies.judge(visits, names)


def bad_id(url: str) -> str:
    """The parameter of an address whose value cannot be an id, such as an unreplaced macro; "" when there is none."""
    found = parameters(url)
    names = (conf.affiliate_id_param, conf.transaction_id_param, conf.offer_id_param)
    bad = (Finding.UNREPLACED_MACRO, Finding.INVALID)
    return next((f"{name}={found[name]}" for name in names if name in found and find_id([found[name]])[0] in bad), "")


def _landing(journey: Journey, names: Names) -> str:
    """Where to look for the click: the first address with an id, or the last one with it where a redirect drops it."""
    carrying = [hop for hop in journey.hops if any(parameters(hop.url).get(name) for name in names.parameters[:2])]
    if journey.error or not carrying:
        return ""
    if not any(hops.dropped(hop, names.parameters) for hop in journey.hops):
        return carrying[0].url
    # The redirect is told already; the page itself is judged as if it were mended.
    ids = {name: value for name, value in parameters(carrying[0].url).items() if name in names.parameters}
    parts = urlsplit(journey.end.url)
    others = {name: value for name, value in parameters(journey.end.url).items() if name not in ids}
    return urlunsplit(parts._replace(query=urlencode({**others, **ids}), fragment=""))


def _expected(landing: str, names: Names) -> Expected:
    offer = Offer.objects.named_or_default(parameters(landing).get(names.offer_id, ""))
    return Expected(
        names=names,
        window_days=offer.window_days if offer else conf.window_days,
        cookie_domain=conf.cookie_domain or "",
        asks_consent=conf.consent is not None,
        has_middleware=MIDDLEWARE in conf.middleware,
        is_signed=_is_signed,
        session_has_click=_session_has_click,
    )


def _is_signed(value: str) -> bool:
    try:
        signing.Signer(salt=SESSION_KEY).unsign(value)
    except signing.BadSignature:
        return False
    return True


def _session_has_click(key: str) -> bool | None:
    try:
        return SESSION_KEY in import_module(conf.session_engine).SessionStore(key)
    except Exception:  # noqa: BLE001 - a store of any make; that it cannot be read says nothing of the shop's
        return None
