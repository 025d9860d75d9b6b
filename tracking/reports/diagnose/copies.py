"""Does a cached copy cost clicks, or give one shopper's to another? Judges what several shoppers were given."""

from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from tracking.postbacks.verdicts import NoReply
from tracking.reports.diagnose.keeping import past_the_cache
from tracking.reports.diagnose.results import Result, fault, ok, warning
from tracking.reports.diagnose.visits import Names, Script, Visits, cache_evidence

COPIES: Final = "Cached copies"
SHARED: Final = "Shared cookies"
SCRIPT: Final = "Capture script"

_NEVER_SET_COOKIE: Final = (
    "Never let a cache keep answers that set cookies: nginx: take `proxy_ignore_headers Set-Cookie` (and "
    "Cache-Control) out, or add `proxy_no_cache $upstream_http_set_cookie`; Varnish: `return (pass)` on "
    "beresp.http.Set-Cookie; a CDN: turn “cache everything” off for pages. Then empty the cache."
)


def judge(visits: Visits, names: Names) -> Iterator[Result]:
    """Judge what new shoppers with several ids were given, one after the other."""
    shared = list(_shared(visits, names))
    yield from shared
    script_works = False
    if visits.script:
        result = _script(visits.script, names)
        script_works = result.remedy == ""
        yield result
    if visits.first.click or any(given.click for given in visits.all):
        yield from _copies(visits, names, script_works=script_works, is_shared=bool(shared))


def _copies(visits: Visits, names: Names, *, script_works: bool, is_shared: bool) -> Iterator[Result]:
    missing = [given for given in visits.all if given.click is None]
    counted = f"{len(visits.all)} new shoppers came with {len({given.asked for given in visits.all})} ids"
    cached = cache_evidence(visits.plain)
    if not missing:
        copy = f"; the page without the parameter comes from a cache ({cached})" if cached else ""
        if not is_shared:
            yield ok(COPIES, f"{counted}: each was given a cookie of their own{copy}.")
    elif visits.first.click is None:
        pass  # told already, as the click that is not kept
    elif script_works:
        yield ok(COPIES, f"{counted}, {len(missing)} were given no cookie; the capture script mends that.")
    else:
        evidence = next(filter(None, (cache_evidence(given.page) for given in missing)), "")
        said = f"a cache answered: {evidence}" if evidence else "a cache that does not say so, or a process without it"
        yield fault(
            COPIES,
            f"{counted}; {len(missing)} of them were given no cookie by the same page ({said}): those clicks are lost.",
            past_the_cache(names),
        )


def _shared(visits: Visits, names: Names) -> Iterator[Result]:
    for given in visits.all:
        if given.id_given and given.asked and given.id_given != given.asked:
            yield fault(
                SHARED,
                f"A new shopper who came with {given.asked} was given the click cookie of {given.id_given}: a cache "
                "hands one shopper's cookie to others, so sales are credited to the wrong creator.",
                _NEVER_SET_COOKIE,
            )
            return
    sessions = Counter(given.session.value for given in visits.all if given.session)
    clicks = Counter(given.click.value for given in (visits.first, visits.again) if given.click)
    if any(number > 1 for number in sessions.values()):
        yield fault(
            SHARED,
            f"Two new shoppers were given the same {names.session}: a cache hands one shopper's session to others, "
            "with cart and account.",
            _NEVER_SET_COOKIE,
        )
    elif any(number > 1 for number in clicks.values()):
        yield fault(
            SHARED,
            "A second shopper, who came by the same link later, was given the first one's click cookie to the letter: "
            "a cache keeps it.",
            _NEVER_SET_COOKIE,
        )
    elif cache_evidence(visits.plain) and visits.plain and visits.plain.all("Set-Cookie"):
        yield fault(
            SHARED,
            f"A cache's copy of the page ({cache_evidence(visits.plain)}) sets cookies: everybody is given the same.",
            _NEVER_SET_COOKIE,
        )


_REMEDIES: Final = {
    204: "The shop kept the click, and something between takes Set-Cookie away, or a cache answered: let proxies and "
    "caches pass that address on untouched, POST and Set-Cookie included.",
    403: "The shop takes the page for a stranger's: let the proxy pass the Host header on (nginx: proxy_set_header "
    "Host $host), and see that no firewall refuses the call.",
    404: "Add path('tracking/', include('tracking.urls')) to the project's urls.py, and restart.",
    405: "Let the proxy pass POST on to that address.",
}
_ELSE: Final = "Let proxies and caches pass POST on to that address, and see the shop's log."


def _script(script: Script, names: Names) -> Result:
    if isinstance(script.file, NoReply) or script.file.status != 200:
        said = script.file.error if isinstance(script.file, NoReply) else f"HTTP {script.file.status}"
        return fault(
            SCRIPT, f"The page asks for {script.src}, which is not there ({said}).", "Run manage.py collectstatic."
        )
    if script.answer is None:
        return fault(
            SCRIPT,
            "The script's tag has no data-url, so it does not know whom to call.",
            "Write the tag with {% capture_script %} in place of one by hand.",
        )
    if isinstance(script.answer, NoReply):
        return fault(
            SCRIPT, f"{script.endpoint} gives no answer: {script.answer.error}.", "See the shop's log and the proxy's."
        )
    if script.given and script.given.is_kept and script.given.id_given == script.given.asked:
        return ok(SCRIPT, f"The page carries it, and {script.endpoint} sets the cookie that it asks for.")
    return _endpoint(script, script.answer.status, names)


def _endpoint(script: Script, status: int, names: Names) -> Result:
    what = f"The script's call to {script.endpoint} was answered with HTTP {status}"
    if status == HTTPStatus.ACCEPTED:
        return warning(
            SCRIPT,
            f"{what}: the click waits for the shopper's consent.",
            "Run this again with the cookie of a shopper who consented: --cookie 'NAME=VALUE'.",
        )
    return fault(SCRIPT, f"{what} and no {names.cookie}: a cached page loses the click.", _REMEDIES.get(status, _ELSE))
