"""Redirects on the way to the page: which one drops what the link carried. Plain rules."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from tracking.reports.diagnose.reasons import page_remedy
from tracking.reports.diagnose.results import Result, fault, ok, warning
from tracking.reports.diagnose.shopper import Hop, Journey, parameters

CHECK: Final = "Redirects"
LANDING: Final = "Landing"

_BY_SERVER: Final = {
    "nginx": "In nginx write the redirect as `return {status} {scheme}://{host}$request_uri;`: $request_uri keeps the "
    "query, $uri and a bare path do not",
    "openresty": "Write the redirect as `return {status} {scheme}://{host}$request_uri;`: $request_uri keeps the query",
    "apache": "In Apache write `Redirect permanent / {scheme}://{host}/`, or a RewriteRule whose target has no “?” of "
    "its own (or the flag QSA): both keep the query",
    "cloudflare": "In Cloudflare tick “Preserve query string” in the Redirect Rule (or append it in the Page Rule)",
    "cloudfront": "In CloudFront let the function that redirects append the query string to the new address",
    "amazons3": "A redirect of an S3 bucket cannot carry the query: answer from the shop's own server in its place",
    "awselb": "In the load balancer's redirect rule leave Query as `#{{query}}`",
    "caddy": "In Caddy write `redir {scheme}://{host}{{uri}} permanent`: {{uri}} keeps the query",
    "vercel": "In Vercel leave the query out of the redirect's destination, so that it is carried on",
}
_WITHOUT_A_NAME: Final = frozenset({"amazons3", "caddy", "vercel"})  # they do not put theirs into a redirect's body
_ANYWHERE: Final = (
    "Make this redirect carry the query on. If it is Django's own, put tracking.middleware.AffiliateMiddleware right "
    "after SessionMiddleware, before whatever redirects; if it comes from a view or a proxy, add the query to the "
    "address that it leads to"
)


def judge(journey: Journey, names: Sequence[str], cookie_name: str) -> Iterator[Result]:
    """Judge the way of a link that carries an id in some of the parameters `names`."""
    if journey.error:
        yield fault(LANDING, f"{way(journey)}{journey.error}.", page_remedy(journey.error, journey.failed_url))
        return
    faults = [result for position in range(len(journey.hops)) for result in _hop(journey, position, names, cookie_name)]
    yield from faults
    yield from _downgrade(journey)
    if not any(set(names) & parameters(hop.url).keys() for hop in journey.hops):
        yield fault(
            LANDING,
            f"No address on the way carries {' or '.join(names)}: {way(journey)}{journey.end.page.status}.",
            "Give --url as Aspire's link leads there, such as https://shop.example/?affiliate_id=1. If it is a "
            "creator's short link, the Offer URL in Aspire lacks the parameter.",
        )
    elif not faults and journey.end.page.status != 200:
        yield _no_page(journey)
    elif not faults:
        yield ok(CHECK, _all_well(journey))


def way(journey: Journey) -> str:
    """The addresses one after the other, each with its answer."""
    return "".join(f"{hop.url} → {hop.page.status} → " for hop in journey.hops if hop.next_url) + (
        f"{journey.failed_url}: " if journey.error else f"{journey.end.url} answers "
    )


def is_on_the_way(journey: Journey, url: str) -> bool:
    """Tell whether the way led over that very address."""
    return any(hop.url == url for hop in journey.hops)


def dropped(hop: Hop, names: Sequence[str]) -> list[str]:
    """The parameters that this redirect does not carry on as they were."""
    if not hop.next_url:
        return []
    before, after = parameters(hop.url), parameters(hop.next_url)
    return [name for name in names if before.get(name) and after.get(name) != before[name]]


def _hop(journey: Journey, position: int, names: Sequence[str], cookie_name: str) -> Iterator[Result]:
    hop = journey.hops[position]
    lost = dropped(hop, names)
    if not lost:
        return
    what = f"Redirect {position + 1}, {hop.url} → {hop.page.status} → {hop.next_url}, {_how(hop, lost)}"
    kept = [
        cookie
        for earlier in journey.hops[: position + 1]
        for cookie in earlier.cookies
        if cookie.name == cookie_name and not cookie.refusal(earlier.url)
    ]
    if any(cookie.is_sent_to(hop.next_url) for cookie in kept):
        yield ok(CHECK, f"{what}; the click was kept before.")
    elif kept:
        yield fault(
            CHECK,
            f"{what}; the click was kept before, but in a cookie of {kept[-1].domain or kept[-1].host} alone, which is "
            f"not sent to {urlsplit(hop.next_url).netloc}.",
            f"Let the redirect carry the query on, or set TRACKING_COOKIE_DOMAIN to a domain that both hosts share. "
            f"{_remedy(hop)}",
        )
    elif _hidden_in(hop, lost):
        yield fault(
            CHECK,
            f"{what}.",
            "Let creators' landing pages be open to visitors without an account; and put "
            "tracking.middleware.AffiliateMiddleware before whatever redirects there, so that the click is kept first.",
        )
    else:
        server = hop.page.header("Server")
        yield fault(CHECK, f"{what}{f' (answered by {server})' if server else ''}.", _remedy(hop))


def _how(hop: Hop, lost: Sequence[str]) -> str:
    before, after = parameters(hop.url), parameters(hop.next_url)
    changed = [f"{name} ({before[name]!r} becomes {after[name]!r})" for name in lost if name in after]
    if changed:
        return f"changes {', '.join(changed)}"
    if hidden := _hidden_in(hop, lost):
        return f"hides {', '.join(lost)} inside its parameter {hidden}"
    return f"drops {', '.join(lost)}"


def _hidden_in(hop: Hop, lost: Sequence[str]) -> str:
    """The parameter that holds the whole former address, as a login page's `next` does; "" when there is none."""
    after = parameters(hop.next_url)
    return next((name for name, value in after.items() if any(f"{one}=" in value for one in lost)), "")


def _remedy(hop: Hop) -> str:
    server, body = hop.page.header("Server").lower(), hop.page.body.lower()
    name = next((name for name in _BY_SERVER if name in server), None)
    if name is None:
        return f"{_ANYWHERE}."
    target = urlsplit(hop.next_url)
    by_server = _BY_SERVER[name].format(status=hop.page.status, scheme=target.scheme, host=target.netloc)
    if name in body or name in _WITHOUT_A_NAME:  # its own answer: one that is passed on bears the shop's body
        return f"{by_server}."
    return f"{_ANYWHERE}. If {name} makes it: {by_server[0].lower()}{by_server[1:]}."


def _downgrade(journey: Journey) -> Iterator[Result]:
    for position, hop in enumerate(journey.hops, start=1):
        if hop.next_url and (urlsplit(hop.url).scheme, urlsplit(hop.next_url).scheme) == ("https", "http"):
            yield warning(
                CHECK,
                f"Redirect {position}, {hop.url} → {hop.next_url}, leads from https to http, where no Secure cookie "
                "is sent.",
                "Redirect to the https address. If Django redirects, it does not know that shoppers come by https: see "
                "SECURE_PROXY_SSL_HEADER.",
            )


def _no_page(journey: Journey) -> Result:
    status = journey.end.page.status
    remedies = {
        400: "Django answers 400 to a host that is not in ALLOWED_HOSTS: add the link's host there.",
        401: "Shoppers have no password: leave creators' landing pages open (or give yours with --cookie).",
        403: "If a firewall or bot protection refuses unknown visitors, let it pass landing pages; creators' shoppers "
        "are new ones as well.",
        404: "Set the Offer URL in Aspire to a page that exists.",
        502: "The proxy gets no answer from the shop: start the shop's processes, and see the proxy's error log.",
        503: "The shop is down for maintenance or overloaded: see its processes and the proxy's error log.",
        504: "The shop takes too long to answer the proxy: see whether its processes are all busy.",
    }
    remedy = remedies.get(status, "Open the address in a browser and see the shop's own log.")
    return fault(LANDING, f"{way(journey)}{status}: shoppers see no page.", remedy)


def _all_well(journey: Journey) -> str:
    count = len(journey.hops) - 1
    if not count:
        return f"None: {journey.end.url} answers {journey.end.page.status}."
    return f"{count}, none drops the parameter: {way(journey)}{journey.end.page.status}."
