"""Offers: what the merchant pastes from Aspire, checked, with a look at what will be sent."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse

from tracking.admin.generic import RowAdmin
from tracking.admin.offer_form import OfferForm
from tracking.admin.offer_preview import preview
from tracking.models import Conversion, Offer, Postback

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldsetSpec


@admin.register(Offer)
class OfferAdmin(RowAdmin[Offer]):
    """A form, and beside it how the pasted URL was understood."""

    form = OfferForm
    list_display = ["offer_id", "name", "protocol", "is_active", "is_default", "is_global", "ends_at", "window_days"]
    list_filter = ["is_active", "protocol"]
    search_fields = ["offer_id", "name"]
    readonly_fields = ["understood"]
    actions = None  # deleting many at once has no use here; see `delete_view`

    class Media:
        css = {"all": ["tracking/admin.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Offer | None = None) -> "_FieldsetSpec":
        """The preview and what concerns a kept token appear once there is something to show."""
        pasted: tuple[str, ...] = ("protocol", "kind", "postback_url")
        if obj is not None:
            may_forget = obj.pasted_security_token and self.has_change_permission(request, obj)
            pasted += ("understood", "forget_token") if may_forget else ("understood",)
        return [
            (None, {"fields": ["offer_id", "name", "is_active", "ends_at", "is_default", "is_global"]}),
            ("As Aspire shows it", {"fields": pasted}),
            ("Your terms", {"fields": ["window_days", "amount_basis", "currency", "deduplicates"]}),
            ("Renewals of a subscription", {"fields": ["renewals", "renewals_limit"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> list[str]:
        """The id stays once orders are recorded under it."""
        return ["understood", *(["offer_id"] if obj and _is_in_use(obj) else [])]

    @admin.display(description="What is sent")
    def understood(self, offer: Offer) -> str:
        return render_to_string("admin/tracking/offer_preview.html", {"preview": preview(offer)})

    def response_post_save_add(self, request: HttpRequest, obj: Offer) -> HttpResponseRedirect:
        """Go to the new offer's page, which shows how its URL was understood."""
        if not self.has_view_or_change_permission(request, obj):
            return super().response_post_save_add(request, obj)
        return HttpResponseRedirect(self._address_of(obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """An offer that orders refer to stays: without it nobody could say why they were credited."""
        offer = self.get_object(request, unquote(object_id))
        if offer is None or not self.has_delete_permission(request, offer) or not _is_in_use(offer):
            return super().delete_view(request, object_id, extra_context)
        told = (
            f"{offer} cannot be deleted: orders are recorded under it, and the log has to stay complete. "
            "Take the tick from “active” instead: then it earns no further orders."
        )
        self.message_user(request, told, messages.ERROR)
        return HttpResponseRedirect(self._address_of(offer))

    def _address_of(self, offer: Offer) -> str:
        return reverse("admin:tracking_offer_change", args=[offer.pk], current_app=self.admin_site.name)


def _is_in_use(offer: Offer) -> bool:
    return Conversion.objects.filter(offer=offer).exists() or Postback.objects.filter(offer=offer).exists()
