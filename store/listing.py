"""What a visitor may ask of a list of products: words, filters, an order. Nonsense is left aside without complaint."""

from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict

from .models import Category, Variant
from .models.catalogue import ProductQuerySet
from .search import search_products

SORTS = {
    "": ("Our order", ()),
    "price": ("Price, low to high", ("price_from", "name")),
    "-price": ("Price, high to low", ("-price_from", "name")),
    "new": ("Newest first", ("-created_at", "-pk")),
    "name": ("Name", ("name",)),
}


class ListingForm(forms.Form):
    q = forms.CharField(required=False, max_length=100, label="Search")
    sort = forms.ChoiceField(required=False, choices=[(key, label) for key, (label, _) in SORTS.items()])
    colour = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    from_price = forms.DecimalField(required=False, min_value=0, max_value=999_999, label="From")
    to_price = forms.DecimalField(required=False, min_value=0, max_value=999_999, label="Up to")
    available = forms.BooleanField(required=False, label="In stock only")

    def __init__(self, data: QueryDict, *, currency: str, category: Category | None = None) -> None:
        super().__init__(data, auto_id="filter-%s", use_required_attribute=False)
        self._currency = currency
        colours = colours_of(currency, category)
        self.fields["colour"].choices = [(colour, colour) for colour in colours]  # type: ignore[attr-defined]
        self.is_valid()

    def value(self, name: str) -> Any:
        """What was asked for by that name; None where it makes no sense."""
        return self.cleaned_data.get(name)

    @property
    def words(self) -> str:
        return self.value("q") or ""

    @property
    def active_filters(self) -> int:
        """How many filters narrow the list."""
        return sum(bool(self.value(name)) for name in ("colour", "from_price", "to_price", "available"))

    def apply(self, products: ProductQuerySet) -> ProductQuerySet:
        if self.words:
            products = search_products(products, self.words)
        products = self._filter(products)
        _, order = SORTS[self.value("sort") or ""]
        return products.order_by(*order) if order else products

    def _filter(self, products: ProductQuerySet) -> ProductQuerySet:
        variants = Variant.objects.filter(product=OuterRef("pk"), is_active=True, prices__currency=self._currency)
        if colours := self.value("colour"):
            products = products.filter(Exists(variants := variants.filter(colour__in=colours)))
        if self.value("available"):
            products = products.filter(Exists(variants.filter(stock__gt=0)))
        if (lowest := self.value("from_price")) is not None:
            products = products.filter(Q(price_to__gte=lowest))
        if (highest := self.value("to_price")) is not None:
            products = products.filter(Q(price_from__lte=highest))
        return products


def colours_of(currency: str, category: Category | None) -> list[str]:
    variants = Variant.objects.filter(is_active=True, product__is_active=True, prices__currency=currency)
    if category:
        variants = variants.filter(product__category=category)
    return list(variants.exclude(colour="").order_by("colour").values_list("colour", flat=True).distinct())
