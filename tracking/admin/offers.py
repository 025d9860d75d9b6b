"""Offers: what the merchant pastes from Aspire, checked, with a look at what will be sent and what has worked."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.transaction import non_atomic_requests
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject

from tracking.admin.generic import RowAdmin
from tracking.admin.offer_form import OfferForm
from tracking.admin.offer_guide import Guide, guide, read_form
from tracking.admin.offer_preview import preview
from tracking.admin.offer_trial import TrialForm, send_trial
from tracking.models import Conversion, Offer, Postback
from tracking.postbacks import template

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldsetSpec


@admin.register(Offer)
class OfferAdmin(RowAdmin[Offer]):
    """A form, beside it how the pasted URL is understood, and above it what to enter in Aspire and what works."""

    form = OfferForm
    change_form_template = "admin/tracking/offer.html"
    list_display = ["offer_id", "name", "protocol", "is_active", "is_default", "is_global", "ends_at", "window_days"]
    list_filter = ["is_active", "protocol"]
    search_fields = ["offer_id", "name"]
    readonly_fields = ["understood"]
    actions = None  # deleting many at once has no use here; see `delete_view`

    class Media:
        css = {"all": ["tracking/admin.css", "tracking/offer.css"]}

    # The form -----------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Offer | None = None) -> "_FieldsetSpec":
        """What concerns a kept token appears once there is one."""
        pasted: tuple[str, ...] = ("postback_url", "understood", "protocol", "kind")
        if obj is not None and obj.pasted_security_token and self.has_change_permission(request, obj):
            pasted += ("forget_token",)
        return [
            ("As Aspire shows it", {"fields": pasted}),
            ("The offer", {"fields": ["offer_id", "name", "is_active", "ends_at", "is_default", "is_global"]}),
            ("Your terms", {"fields": ["window_days", "hold_days", "amount_basis", "currency", "deduplicates"]}),
            ("Aspire's API for order details", {"fields": ["sends_order_details"]}),
            ("Renewals of a subscription", {"fields": ["renewals", "renewals_limit"]}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Offer | None = None) -> list[str]:
        """The id stays once orders are recorded under it."""
        return ["understood", *(["offer_id"] if obj and _is_in_use(obj) else [])]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The first offer is the default one."""
        has_default = Offer.objects.filter(is_default=True).exists()
        return {"is_default": not has_default, **super().get_changeform_initial_data(request)}

    @admin.display(description="What is sent")
    def understood(self, offer: Offer) -> str:
        return _render_preview(offer)

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

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Let nobody find the kept token letter by letter with filters typed into the address."""
        if lookup.startswith("pasted_security_token"):
            return False
        return super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    # Setting up ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The form's own addresses, and those of what is live on its page."""
        wrap = self.admin_site.admin_view
        return [
            path("understand/", wrap(self.understand_view), name="tracking_offer_understand"),
            path("<int:pk>/checklist/", wrap(self.checklist_view), name="tracking_offer_checklist"),
            path("<int:pk>/test/", wrap(self.test_view), name="tracking_offer_test"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shown = SimpleLazyObject(lambda: self._guide(request, object_id))  # where the page is shown, also after a POST
        return super().changeform_view(request, object_id, form_url, {"guide": shown, **(extra_context or {})})

    def _guide(self, request: HttpRequest, object_id: str | None) -> Guide:
        offer = self.get_object(request, unquote(object_id)) if object_id else None
        return guide(request, offer, may_test=self.has_test_permission(request))

    def understand_view(self, request: HttpRequest) -> HttpResponse:
        """Say how what stands in the form would be understood; nothing is saved."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        offer = read_form(request.POST)
        shown = preview(offer)
        answer = {"html": _render_preview(offer), "offer_id": shown.offer_id, "protocol": shown.protocol}
        return JsonResponse(answer, headers={"Cache-Control": "no-store"})

    def checklist_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The checklist alone, for the page to look again."""
        offer = self._visible(request, pk)
        context = {"guide": guide(request, offer, may_test=False)}
        return TemplateResponse(
            request, "admin/tracking/offer_checklist.html", context, headers={"Cache-Control": "no-store"}
        )

    def has_test_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may send a test postback."""
        return request.user.has_perm("tracking.test_offer")

    @method_decorator(non_atomic_requests)
    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test postback, and go back to the page, which shows what became of it."""
        offer = self._visible(request, pk)
        if request.method != "POST" or not self.has_test_permission(request):
            raise PermissionDenied
        form = TrialForm(offer, request.POST)
        if not form.is_valid():
            for errors in form.errors.values():
                self.message_user(request, f"Nothing was sent. {' '.join(map(str, errors))}", messages.ERROR)
            return HttpResponseRedirect(f"{self._address_of(offer)}#tracking-test")
        try:
            test = send_trial(offer, form)
        except template.TemplateError as error:
            self.message_user(request, f"Nothing was sent: {error}", messages.ERROR)
        else:
            status = test.get_status_display().lower()
            self.log_change(request, offer, f"Test postback sent by {request.user.get_username()}: {status}.")
        return HttpResponseRedirect(f"{self._address_of(offer)}#tracking-test")

    def _visible(self, request: HttpRequest, pk: int) -> Offer:
        offer = self.get_object(request, str(pk))
        if offer is None:
            raise Http404
        if not self.has_view_or_change_permission(request, offer):
            raise PermissionDenied
        return offer

    def _address_of(self, offer: Offer) -> str:
        return reverse("admin:tracking_offer_change", args=[offer.pk], current_app=self.admin_site.name)


def _render_preview(offer: Offer) -> str:
    return render_to_string("admin/tracking/offer_preview.html", {"preview": preview(offer)})


def _is_in_use(offer: Offer) -> bool:
    return Conversion.objects.filter(offer=offer).exists() or Postback.objects.filter(offer=offer).exists()
