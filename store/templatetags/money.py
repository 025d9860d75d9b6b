"""`{{ price|money }}` in the shop's currency, `{{ order.total|money:order.currency }}` in another."""

from decimal import Decimal

from django import template

from store.conf import conf
from store.money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str = "") -> str:
    return format_money(amount, currency or conf.currency)
