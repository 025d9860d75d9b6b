"""What the stand-in answers besides postbacks: its page, the creators' links, the switches."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracking.sandbox import pages
from tracking.sandbox.export import conversions_csv
from tracking.sandbox.faults import Fault
from tracking.sandbox.links import UnavailableLinkError
from tracking.sandbox.wire import Request, Response, parse_params

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracking.sandbox.server import Sandbox

STATIC = Path(__file__).parent.parent / "static" / "tracking" / "sandbox"
STATIC_FILES = {"/sandbox.css": "text/css; charset=utf-8", "/sandbox.js": "text/javascript; charset=utf-8"}

# The page shows what strangers sent: should escaping ever fail, nothing of it may run or leave.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = (("Content-Security-Policy", _POLICY), ("Cache-Control", "no-store"))


def respond(sandbox: "Sandbox", request: Request) -> Response:
    """Answer a request that is no postback."""
    if request.method == "POST":
        return _switch(sandbox, request)
    if request.path in STATIC_FILES:
        text = (STATIC / request.path[1:]).read_text(encoding="utf-8")
        return Response(200, text, STATIC_FILES[request.path], (("Cache-Control", "no-cache"),))
    match request.path:
        case "/":
            return Response(200, pages.page(sandbox), headers=PAGE_HEADERS)
        case "/live":
            return Response(200, pages.live(sandbox), headers=PAGE_HEADERS)
        case "/conversions.json":
            return _json(sandbox)
        case "/conversions.csv":
            headers = (("Content-Disposition", 'attachment; filename="conversions.csv"'), ("Cache-Control", "no-store"))
            return Response(200, conversions_csv(sandbox.conversions), "text/csv; charset=utf-8", headers)
        case "/aff_c":
            return _follow(sandbox, parse_params(request.query))
    if creator := sandbox.catalogue.creator_at(request.path):
        return _follow(sandbox, {"offer_id": sandbox.offer.offer_id, "aff_id": creator.aff_id})
    return _message(404, "There is nothing at this address", f"Nobody here knows {request.path}.")


def _follow(sandbox: "Sandbox", params: "Mapping[str, str]") -> Response:
    try:
        click = sandbox.visit(params)
    except UnavailableLinkError as unavailable:
        return _message(404, "This link leads nowhere", str(unavailable))
    return Response(302, headers=(("Location", click.landing_url), ("Cache-Control", "no-store")))


def _switch(sandbox: "Sandbox", request: Request) -> Response:
    # Another site open in the same browser may post here too; its pages say where they come from.
    if request.origin and request.origin.partition("://")[2] != request.host:
        return _message(403, "This form is not ours", f"It was sent by a page of {request.origin}.")
    match request.path:
        case "/fault":
            try:
                _switch_fault(sandbox, request.form)
            except ValueError as wrong:
                return _message(400, "The fault was not switched", str(wrong))
        case "/deduplicates":
            sandbox.deduplicates = request.form.get("deduplicates") == "yes"
        case "/clear":
            sandbox.clear()
        case _:
            return Response(405, headers=(("Allow", "GET"),))
    return Response(303, headers=(("Location", "/"),))


def _switch_fault(sandbox: "Sandbox", form: "Mapping[str, str]") -> None:
    name, is_for_details = form.get("fault", ""), form.get("what") == "details"
    if not name and is_for_details:
        sandbox.details_fault = None
        return
    if not name:
        sandbox.fault = None
        return
    switch = sandbox.switch_details_fault if is_for_details else sandbox.switch_fault
    times, seconds = form.get("times", "").strip(), form.get("seconds", "").strip()
    switch(
        Fault(name),
        times=int(times) if times else None,
        seconds=float(seconds) if seconds else None,
        counts={"yes": True, "no": False}.get(form.get("counts", "")),
        message=form.get("message", "").strip(),
    )


def _message(status: int, title: str, text: str) -> Response:
    return Response(status, pages.message(title, text), headers=PAGE_HEADERS)


def _json(sandbox: "Sandbox") -> Response:
    def plain(record: Any) -> dict[str, str | bool]:
        return {name: value if isinstance(value, bool) else str(value) for name, value in asdict(record).items()}

    books = {
        "conversions": [
            {**plain(sale), "status": sale.status, "is_test": sale.is_test} for sale in sandbox.conversions
        ],
        "clicks": [plain(click) for click in sandbox.clicks],
        "doubles": sandbox.doubles,
    }
    return Response(200, json.dumps(books, indent=2), "application/json", (("Cache-Control", "no-store"),))
