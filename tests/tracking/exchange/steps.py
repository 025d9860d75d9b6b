"""The bank's page, and the rates that are stored."""

from datetime import date
from decimal import Decimal
from io import StringIO

from django.core.management import call_command
from django.utils import timezone
from djmoney.contrib.exchange.models import Rate

TODAY = timezone.localdate()
PAGE = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
		<Cube time='{day}'>
			<Cube currency='USD' rate='1.0823'/>
			<Cube currency='JPY' rate='162.35'/>
			<Cube currency='GBP' rate='0.83428'/></Cube>
	</Cube>
</gesmes:Envelope>
"""


def page(day: date = TODAY) -> str:
    return PAGE.format(day=f"{day:%Y-%m-%d}")


def update(*args: str) -> str:
    told = StringIO()
    call_command("update_exchange_rates", *args, stdout=told)
    return told.getvalue()


def stored() -> dict[str, Decimal]:
    return dict(Rate.objects.values_list("currency", "value"))
