"""Postal addresses: the fields that orders and address books share, and a customer's address book."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from store.addresses import address_lines
from store.countries import COUNTRIES


class PostalAddress(models.Model):
    name = models.CharField("full name", max_length=120)
    address1 = models.CharField("address", max_length=120)
    address2 = models.CharField("flat, floor, company", max_length=120, blank=True)
    city = models.CharField(max_length=80)
    region = models.CharField("state or region", max_length=80, blank=True)
    postcode = models.CharField("postal code", max_length=20)
    country = models.CharField(max_length=2, choices=COUNTRIES)

    class Meta:
        abstract = True

    @property
    def address_lines(self) -> list[str]:
        """As they stand on a parcel to this country."""
        return address_lines(self.as_initial(), self.country, self.get_country_display())

    def as_initial(self) -> dict[str, str]:
        """The fields of the address by name, to fill in a form or another model."""
        return {field.name: getattr(self, field.name) for field in PostalAddress._meta.fields}


class Address(PostalAddress):
    """An entry of a customer's address book; the default comes first."""

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="addresses")
    is_default = models.BooleanField("use this one first", default=False)

    class Meta:
        ordering = ["-is_default", "-pk"]
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return ", ".join(self.address_lines)

    def get_absolute_url(self) -> str:
        return reverse("store:address", args=[self.pk])
