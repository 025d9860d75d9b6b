"""The pasted postback URL: reading it, checking it, filling its macros, hiding its secrets. Plain rules.

A macro is one of the words below as (part of) the value of a query parameter: bare in capitals as Aspire's
*Instructions* show it (6613917), or in braces in any case, percent-encoded or not.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, quote, unquote_plus, urlsplit

from tracking.postbacks.addresses import is_loopback_name

MACROS: Final = ("AFFILIATE_ID", "AMOUNT", "ORDER_ID", "TRANSACTION_ID", "OFFER_ID", "SECURITY_TOKEN")

_OPEN, _CLOSE = r"(?:\{|%7[Bb])", r"(?:\}|%7[Dd])"
_NAMES = "|".join(MACROS)
_MACRO = re.compile(rf"{_OPEN}(?P<braced>(?i:{_NAMES})){_CLOSE}|(?<![A-Za-z0-9_])(?P<bare>{_NAMES})(?![A-Za-z0-9_])")
_BRACES = re.compile(rf"{_OPEN}[^{{}}&]*?{_CLOSE}|[{{}}]")
_CAPITALS = re.compile(r"^\W*([A-Z]{3,})\W*$|(?<![A-Za-z0-9_])([A-Z]+(?:_[A-Z0-9]+)+)(?![A-Za-z0-9_])")
_ANY_MACRO = re.compile(_NAMES)
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")
_FOREIGN = re.compile(r"[^!-~]|[\"\\]")
_SECRET_NAME = re.compile(r"token|secret|password|passwd|api_?key|signature", re.IGNORECASE)
# Whole replies are searched, so both are linear: a name is only looked for where one begins.
_ASSIGNED = re.compile(r"(?<![A-Za-z0-9_.%\[\]-])(?P<name>[A-Za-z0-9_.%\[\]-]+)=")
_ASSIGNED_VALUE = re.compile(r"[^&\s\"'#;]+")
MASK: Final = "***"


class TemplateError(ValueError):
    """A pasted URL that cannot be used; the message names the culprit and the remedy."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `name=value` of the query, exactly as pasted; `sign` is empty where there was no “=”."""

    name: str
    value: str
    sign: str = "="

    @property
    def macros(self) -> tuple[str, ...]:
        return _macros(self.value)

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.value}"


@dataclass(frozen=True, slots=True)
class Template:
    """A pasted postback URL, taken apart without changing a character of it."""

    scheme: str
    netloc: str
    host: str
    path: str
    parameters: tuple[Parameter, ...]

    @property
    def macros(self) -> frozenset[str]:
        return frozenset(macro for parameter in self.parameters for macro in parameter.macros)

    def __str__(self) -> str:
        return self._join(str(parameter) for parameter in self.parameters)

    def fill(self, values: Mapping[str, str | None]) -> str:
        """Return the URL with each macro replaced by its value, percent-encoded.

        A parameter whose macro has the value None is left out. Raises TemplateError for a macro without a value.
        """
        missing = sorted(self.macros - values.keys())
        if missing:
            raise TemplateError(f"Nothing to put in place of {', '.join(missing)}.")
        return self._join(
            f"{parameter.name}{parameter.sign}{_MACRO.sub(lambda match: _encoded(match, values), parameter.value)}"
            for parameter in self.parameters
            if all(values[macro] is not None for macro in parameter.macros)
        )

    def _join(self, parameters: Iterable[str]) -> str:
        query = "&".join(parameters)
        return f"{self.scheme}://{self.netloc}{self.path}" + (f"?{query}" if query else "")


@lru_cache(maxsize=256)
def parse(pasted: str) -> Template:
    """Take a pasted URL apart. Raises TemplateError for what is no URL."""
    url = pasted.strip()
    if "<" in url or ">" in url:
        raise TemplateError("This is HTML: paste the address alone, from https:// on, without the tag around it.")
    if re.search(r"[\s\x00-\x1f\x7f]", url):
        raise TemplateError("The URL has a blank or a line break in it: paste it as one piece.")
    if "&amp;" in url:
        raise TemplateError("The URL has “&amp;” in it, from a page's source: replace each by “&”.")
    foreign = _FOREIGN.search(url)
    if foreign:
        raise TemplateError(
            f"The URL has the character “{foreign[0]}” (U+{ord(foreign[0]):04X}) in it, which no URL has: paste the "
            "address alone, as Aspire shows it."
        )
    stray = _STRAY_PERCENT.search(url)
    if stray:
        # Left in, it would make the HTTP library encode every “%” once more, those of the values too.
        raise TemplateError(f"“{stray[0]}” is no percent-encoding: write a percent sign that is meant as such as %25.")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError as error:
        raise TemplateError(f"This is no URL ({error}).") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise TemplateError(f"“{_shorten(url)}” is no URL: it has to begin with https:// and a host.")
    if "@" in parts.netloc:
        raise TemplateError("The URL has a user name before the host (“…@”): leave that out.")
    if not _AUTHORITY.fullmatch(parts.netloc):
        raise TemplateError(f"“{_shorten(parts.netloc)}” is no host.")
    return Template(parts.scheme, parts.netloc, host, parts.path or "/", _parameters(parts))


def check(
    template: Template,
    *,
    needs_transaction_id: bool,
    needs_amount: bool,
    offer_id: str | None,
    hosts: Sequence[str],
) -> None:
    """Check that postbacks of the offer `offer_id` (None: the global one) can be built from this URL and sent there.

    Raises TemplateError that names the culprit.
    """
    check_host(template, hosts)
    _check_leftovers(template)
    id_macro = "TRANSACTION_ID" if needs_transaction_id else "AFFILIATE_ID"
    needed = [id_macro, *(["AMOUNT"] if needs_amount else []), "ORDER_ID"]
    missing = [macro for macro in needed if macro not in template.macros]
    if missing:
        protocol = "Transaction ID" if needs_transaction_id else "Partner ID"
        raise TemplateError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing: with the protocol {protocol} the "
            f"URL needs {', '.join(needed)} as values of its parameters, as Aspire's Instructions show it."
        )
    alone = {parameter.macros[0] for parameter in template.parameters if _MACRO.fullmatch(parameter.value)}
    for macro in needed:
        if macro != "ORDER_ID" and macro not in alone:
            raise TemplateError(
                f"{macro} has to be the whole value of a parameter: with more beside it, Aspire reads none."
            )
    for parameter in template.parameters:
        if offer_id is None and (parameter.name == "offer_id" or "OFFER_ID" in parameter.macros):
            raise TemplateError(
                f"“{parameter}”: the global postback names no offer, so that it serves every one. Paste the global "
                "postback's own URL, or do not make this offer the global one."
            )
        if parameter.name == "offer_id" and not parameter.macros and unquote_plus(parameter.value) != offer_id:
            raise TemplateError(
                f"The URL is for offer {parameter.value} (offer_id={parameter.value}), but this is offer {offer_id}: "
                "sales would be credited under the wrong offer."
            )
    names = [parameter.name for parameter in template.parameters]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TemplateError(f"{twice[0]} stands in the URL twice: Aspire would take one of the two, and not say which.")
    if template.path == "/aff_lsr" and "offer_id" not in names and not needs_transaction_id:
        raise TemplateError("offer_id is missing: with the protocol Partner ID Aspire needs it in the URL.")


def take_security_token(template: Template) -> tuple[str, str]:
    """Return the URL with a literal `security_token` replaced by its macro, and that token ("" if there is none)."""
    token = ""
    parameters = []
    for parameter in template.parameters:
        is_token = unquote_plus(parameter.name).lower() == "security_token"
        if is_token and parameter.value and not parameter.macros:
            token = unquote_plus(parameter.value)
            parameter = Parameter(parameter.name, "SECURITY_TOKEN")
        parameters.append(parameter)
    safe = Template(template.scheme, template.netloc, template.host, template.path, tuple(parameters))
    return str(safe), token


def mask(text: str, *secrets: str) -> str:
    """Hide secrets in a URL or in any text that may hold one: the values of parameters such as `security_token`, and
    each of `secrets` wherever it stands.

    The macro SECURITY_TOKEN is no secret and stays.
    """
    for secret in filter(None, secrets):
        for form in {secret, quote(secret, safe="")}:
            text = text.replace(form, MASK)
    pieces: list[str] = []
    done = 0
    for assigned in _ASSIGNED.finditer(text):
        value = _ASSIGNED_VALUE.match(text, assigned.end())
        is_secret = assigned.start() >= done and _SECRET_NAME.search(assigned["name"])
        if is_secret and value and not _MACRO.fullmatch(value[0]):
            pieces += [text[done : assigned.end()], MASK]
            done = value.end()
    return "".join([*pieces, text[done:]])


def host_allowed(host: str, hosts: Sequence[str]) -> bool:
    """Tell whether `host` is one of `hosts`, or below a `*.suffix` among them."""
    host = host.lower()
    return any(host == entry or (entry.startswith("*.") and host.endswith(entry[1:])) for entry in hosts)


def _parameters(parts: SplitResult) -> tuple[Parameter, ...]:
    if not parts.query:
        return ()
    pieces = (piece.partition("=") for piece in parts.query.split("&"))
    return tuple(Parameter(name, value, sign) for name, sign, value in pieces)


def check_host(template: Template, hosts: Sequence[str]) -> None:
    """Check that postbacks may go to this URL's host, and over its scheme. Raises TemplateError that names it."""
    if not host_allowed(template.host, hosts):
        raise TemplateError(
            f"The host {template.host} is not one that postbacks may go to ({', '.join(hosts)}). If Aspire gave you "
            "this URL, add the host to TRACKING_POSTBACK_HOSTS."
        )
    if template.scheme != "https" and not is_loopback_name(template.host):
        raise TemplateError("The URL has to begin with https:// (http:// is for a sandbox on this machine only).")


def _check_leftovers(template: Template) -> None:
    in_path = _BRACES.search(template.path) or _MACRO.search(template.path)
    if in_path:
        raise TemplateError(f"{in_path[0]} stands in the path: placeholders are replaced only as values of parameters.")
    for parameter in template.parameters:
        rest = _MACRO.sub("", parameter.value)
        glued = _ANY_MACRO.search(rest)
        if glued:
            raise TemplateError(
                f"“{mask(str(parameter))}”: {glued[0]} is part of a longer word, so it is not filled. Write it in "
                f"braces: {{{glued[0]}}}."
            )
        unknown = _BRACES.search(rest) or _CAPITALS.search(rest)
        if unknown or _MACRO.search(parameter.name) or _BRACES.search(parameter.name):
            raise TemplateError(
                f"“{mask(str(parameter))}”: {unknown[0] if unknown else parameter.name} is a placeholder that nothing "
                f"here fills. Known are {', '.join(MACROS)}. If it is meant as it stands, write it in lower case; else "
                "leave the parameter out."
            )


@lru_cache(maxsize=1000)
def _macros(value: str) -> tuple[str, ...]:
    """The macros in a parameter's value, which are asked for with every postback."""
    return tuple(_macro_name(match) for match in _MACRO.finditer(value))


def _macro_name(match: re.Match[str]) -> str:
    return (match["braced"] or match["bare"]).upper()


def _encoded(match: re.Match[str], values: Mapping[str, str | None]) -> str:
    return quote(values[_macro_name(match)] or "", safe="")


def _shorten(text: str) -> str:
    text = mask(text)
    return text if len(text) <= 60 else f"{text[:60]}…"
