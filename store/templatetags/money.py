"""`{{ order.total|money:order.currency }}`: an amount as people write it."""

from decimal import Decimal

from django import template

from store.money import format_money

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    return format_money(amount, currency)
