"""Which column is which: Aspire does not publish the names in its export, so they are guessed and then remembered.

Plain rules: a person's word comes first, then what was remembered for this very header, then the guess.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a column of the export means to us."""

    ORDER_ID = "order_id"
    AMOUNT = "amount"
    STATUS = "status"
    DATE = "date"
    AFFILIATE_ID = "affiliate_id"
    OFFER_ID = "offer_id"
    TRANSACTION_ID = "transaction_id"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def option(self) -> str:
        """The command's option that names this column."""
        return f"--{self.value.replace('_', '-')}-column"


_LABELS: Final = {
    Role.ORDER_ID: "Order id",
    Role.AMOUNT: "Amount",
    Role.STATUS: "Status",
    Role.DATE: "Date recorded",
    Role.AFFILIATE_ID: "Affiliate id",
    Role.OFFER_ID: "Offer id",
    Role.TRANSACTION_ID: "Transaction id",
}

# The likeliest name first; letters and digits alone, in small letters. An order id goes out as adv_unique1 (6425578).
_NAMES: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.ORDER_ID: (
        "advunique1", "advertiserunique1", "advertiseruniqueid1", "advertiseruniqueid", "orderid", "ordernumber",
        "orderno", "ordernr", "ordername", "order", "advsub", "advsub1", "advertisersubid", "advertisersubid1",
        "advertisersub", "externalorderid", "conversionuniqueid", "uniqueid",
    ),
    Role.AMOUNT: (
        "saleamount", "saleamountusd", "salesamount", "amount", "amountusd", "ordersubtotal", "subtotal", "ordervalue",
        "orderamount", "ordertotal", "conversionamount", "conversionvalue", "salevalue", "sales", "sale", "value",
        "total",
    ),
    Role.STATUS: (
        "conversionstatus", "status", "orderstatus", "salestatus", "approvalstatus", "state", "conversionstate",
    ),
    Role.DATE: (
        "conversiondatetime", "conversiondate", "conversiontime", "datetime", "date", "dateutc", "datetimeutc",
        "recordedat", "receivedat", "createdat", "created", "datecreated", "orderdate", "saledate", "timestamp", "time",
    ),
    Role.AFFILIATE_ID: (
        "affiliateid", "affid", "partnerid", "creatorid", "memberid", "publisherid", "influencerid", "affiliate",
    ),
    Role.OFFER_ID: ("offerid", "campaignid", "programid", "offer"),
    Role.TRANSACTION_ID: ("transactionid", "transid", "transaction", "tuneid", "conversionid"),
}  # fmt: skip


class ColumnError(ValueError):
    """A column that was named is not there, or there twice; the message says what is."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The name of the column for each role that has one."""

    names: Mapping[Role, str]

    def places(self, header: Sequence[str]) -> dict[Role, int]:
        """Where each role's cell stands in a row. Raises ColumnError for a name that is not there, or there twice."""
        return {role: _place(name, header, role) for role, name in self.names.items()}


def fingerprint(header: Sequence[str]) -> str:
    """The same for the same columns in the same order, whatever their capitals and blanks."""
    return hashlib.sha256(json.dumps([_plain(name) or name for name in header]).encode()).hexdigest()


def guess(header: Sequence[str]) -> Columns:
    """What the names suggest; where two columns are equally likely, none is taken."""
    found: dict[Role, str] = {}
    plain = [_plain(name) for name in header]
    for role, likely in _NAMES.items():
        for name in likely:
            if plain.count(name) == 1:
                candidate = header[plain.index(name)]
                if candidate not in found.values():
                    found[role] = candidate
                break
            if name in plain:
                break
    return Columns(found)


def choose(header: Sequence[str], *, said: Mapping[Role, str], remembered: Mapping[Role, str] | None) -> Columns:
    """The columns to read by: what a person says now, over what was remembered, or guessed where nothing was.

    An empty name says that there is no such column. Raises ColumnError.
    """
    known = dict(guess(header).names if remembered is None else remembered)
    known = {role: name for role, name in known.items() if name not in said.values()}
    chosen = {role: name for role, name in {**known, **said}.items() if name}
    exact = {role: header[_place(name, header, role)] for role, name in chosen.items()}
    if Role.ORDER_ID not in exact:
        raise ColumnError(
            f"Which column holds the order id? Name it with {Role.ORDER_ID.option}; the file has: {_list(header)}."
        )
    doubled = next((name for name in exact.values() if list(exact.values()).count(name) > 1), "")
    if doubled:
        raise ColumnError(f"The column “{doubled}” is named for two things.")
    return Columns(exact)


def _place(name: str, header: Sequence[str], role: Role) -> int:
    places = [place for place, heading in enumerate(header) if heading == name.strip()]
    places = places or [place for place, heading in enumerate(header) if _plain(heading) == _plain(name) != ""]
    if not places:
        raise ColumnError(f"There is no column “{name}” ({role.label.lower()}). The file has: {_list(header)}.")
    if len(places) > 1:
        numbers = " and ".join(str(place + 1) for place in places[:2])
        raise ColumnError(
            f"“{name}” ({role.label.lower()}) heads two columns, {numbers}: rename one of them in the file's first row."
        )
    return places[0]


def _list(header: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in header[:40])
    return f"{shown} and {len(header) - 40} more" if len(header) > 40 else shown


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())
