"""Offers in Django admin: the checks, the preview, and that a security token is never shown."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import GLOBAL_URL, PARTNER_URL, ConversionFactory, OfferFactory, PostbackFactory
from tests.tracking.admin_pages import list_of, page_of, staff
from tracking.models import Attempt, Offer

pytestmark = pytest.mark.django_db

TOKEN = "0123456789abcdef0123456789abcdef"
WITH_TOKEN = f"{PARTNER_URL}&security_token={TOKEN}"
ADD = "admin:tracking_offer_add"


def filled_in(**values: Any) -> dict[str, Any]:
    """The form of a new offer, filled in well."""
    return {
        "offer_id": "12345",
        "name": "Autumn",
        "is_active": "on",
        "protocol": "partner-id",
        "kind": "sale",
        "postback_url": PARTNER_URL,
        "window_days": "28",
        "hold_days": "0",
        "amount_basis": "items",
        "currency": "USD",
        "renewals": "forever",
        **values,
    }


def add(client: Client, **values: Any) -> Any:
    return client.post(reverse(ADD), filled_in(**values), follow=True)


def test_a_good_offer_is_saved_and_its_page_shown(admin_client: Client) -> None:
    response = add(admin_client)
    offer = Offer.objects.get()
    assert response.redirect_chain == [(page_of(offer), 302)]
    assert "aff_id=123456&amp;amount=49.99&amp;adv_unique1=1001" in response.content.decode()


@pytest.mark.parametrize(
    ("url", "culprit"),
    [
        (PARTNER_URL.replace("ORDER_ID", "1"), "ORDER_ID is missing"),
        (PARTNER_URL.replace("get.aspr.app", "evil.example"), "The host evil.example"),
        (f"{PARTNER_URL}&goal=GOAL_ID", "GOAL_ID is a placeholder"),
        (PARTNER_URL.replace("12345", "777"), "The URL is for offer 777"),
    ],
)
def test_a_bad_url_is_refused_and_the_culprit_named(admin_client: Client, url: str, culprit: str) -> None:
    assert culprit in add(admin_client, postback_url=url).content.decode()
    assert not Offer.objects.exists()


def test_a_global_offer_takes_the_place_of_the_other_one(admin_client: Client) -> None:
    OfferFactory.create(offer_id="old", postback_url=GLOBAL_URL, protocol="transaction-id", is_global=True)
    add(admin_client, offer_id="global", postback_url=GLOBAL_URL, protocol="transaction-id", is_global="on")
    assert list(Offer.objects.filter(is_global=True).values_list("offer_id", flat=True)) == ["global"]


def test_a_global_offer_is_refused_with_the_wrong_protocol(admin_client: Client) -> None:
    html = add(admin_client, is_global="on").content.decode()
    assert "The global postback needs the protocol Transaction ID." in html
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"renewals": "first"}, "Say how many: the first few."),
        ({"renewals": "months", "renewals_limit": "0"}, "greater than or equal to 1"),
        ({"renewals": "none", "renewals_limit": "3"}, "There is nothing to count: none: the first order alone."),
    ],
)
def test_terms_for_renewals_that_say_nothing_are_refused(
    admin_client: Client, values: dict[str, str], complaint: str
) -> None:
    assert complaint in add(admin_client, **values).content.decode()
    assert not Offer.objects.exists()


def test_an_offers_end_and_its_renewals_are_saved(admin_client: Client) -> None:
    add(admin_client, ends_at_0="2026-12-31", ends_at_1="18:00:00", renewals="months", renewals_limit="12")
    offer = Offer.objects.get()
    assert (offer.renewals, offer.renewals_limit) == ("months", 12)
    assert offer.ends_at == datetime(2026, 12, 31, 18, tzinfo=UTC)


def test_the_preview_shows_what_fills_each_parameter(admin_client: Client) -> None:
    offer = OfferFactory.create(postback_url=PARTNER_URL + "&oid=OFFER_ID")
    html = admin_client.get(page_of(offer)).content.decode()
    for expected in (
        "always the same, as pasted",
        "the creator&#x27;s id, from the click",
        "the order&#x27;s amount",
        "the shop&#x27;s order number",
        "this offer&#x27;s id",
    ):
        assert expected in html


def test_the_preview_of_a_lead_leaves_the_amount_out(admin_client: Client) -> None:
    html = admin_client.get(page_of(OfferFactory.create(kind=Offer.Kind.LEAD))).content.decode()
    assert "amount=49.99" not in html
    assert "left out: a lead has no amount" in html


def test_the_preview_says_that_a_token_is_lacking(admin_client: Client) -> None:
    offer = OfferFactory.create(postback_url=f"{PARTNER_URL}&security_token=SECURITY_TOKEN")
    assert "there is no token" in admin_client.get(page_of(offer)).content.decode()


def test_the_preview_names_the_setting_that_a_token_comes_from(admin_client: Client, settings: Any) -> None:
    settings.TRACKING_SECURITY_TOKEN = TOKEN
    offer = OfferFactory.create(postback_url=f"{PARTNER_URL}&security_token=SECURITY_TOKEN")
    html = admin_client.get(page_of(offer)).content.decode()
    assert "Comes from TRACKING_SECURITY_TOKEN" in html
    assert TOKEN not in html


def test_a_url_that_no_longer_reads_says_so(admin_client: Client) -> None:
    offer = OfferFactory.create(postback_url="not a url")
    assert "has a blank" in admin_client.get(page_of(offer)).content.decode()


def test_a_viewer_sees_the_preview_and_no_form() -> None:
    html = staff("view_offer").get(page_of(OfferFactory.create())).content.decode()
    assert "aff_id=123456" in html
    assert 'name="postback_url"' not in html


# The token --------------------------------------------------------------------------------------------------


def test_a_pasted_token_is_kept_and_never_shown(admin_client: Client) -> None:
    pages = [add(admin_client, postback_url=WITH_TOKEN)]
    offer = Offer.objects.get()
    assert offer.pasted_security_token == TOKEN
    postback = PostbackFactory.create(
        conversion=ConversionFactory.create(offer=offer), offer=offer, status="unconfirmed", detail=f"bad {TOKEN}"
    )
    Attempt.objects.create(
        postback=postback,
        started_at=timezone.now(),
        url=WITH_TOKEN,
        reply=f"success=false; err_msg=bad {TOKEN};",
        detail=f"bad {TOKEN}",
        verdict="rejected",
    )
    chosen = {"action": "mark_accepted", "_selected_action": postback.pk}
    pages += [
        admin_client.get(list_of("offer")),
        admin_client.get(page_of(offer)),
        admin_client.get(reverse("admin:tracking_offer_history", args=[offer.pk])),
        admin_client.get(list_of("conversion")),
        admin_client.get(page_of(postback.conversion)),
        admin_client.get(list_of("postback")),
        admin_client.get(page_of(postback)),
        admin_client.post(list_of("postback"), chosen),
        admin_client.post(list_of("postback"), {**chosen, "confirmed": "yes"}, follow=True),
        admin_client.get(reverse("admin:index")),
    ]
    for page in pages:
        assert page.status_code == 200
        assert TOKEN not in page.content.decode()
    assert "Kept, and not shown." in pages[0].content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"window_days": "0"},
        {"postback_url": WITH_TOKEN.replace("ORDER_ID", "1")},
        {"postback_url": WITH_TOKEN.replace("https://", "")},
        {"postback_url": WITH_TOKEN + " " + "x"},
        {"postback_url": f"https://get.aspr.app/?security_token={TOKEN}"},
    ],
)
def test_a_form_that_is_shown_again_does_not_show_the_token(admin_client: Client, wrong: dict[str, str]) -> None:
    html = add(admin_client, **{"postback_url": WITH_TOKEN, **wrong}).content.decode()
    assert not Offer.objects.exists()
    assert TOKEN not in html
    assert "paste the URL once more, with the token" in html


def test_a_form_without_a_token_is_shown_again_as_it_was(admin_client: Client) -> None:
    html = add(admin_client, window_days="0").content.decode()
    assert "paste the URL once more" not in html
    assert "adv_unique1=ORDER_ID" in html


def test_saving_again_keeps_the_token(admin_client: Client) -> None:
    add(admin_client, postback_url=WITH_TOKEN)
    offer = Offer.objects.get()
    admin_client.post(page_of(offer), filled_in(postback_url=offer.postback_url, name="Winter"))
    offer.refresh_from_db()
    assert (offer.name, offer.pasted_security_token) == ("Winter", TOKEN)


def test_a_new_token_takes_the_place_of_the_old_one(admin_client: Client) -> None:
    add(admin_client, postback_url=WITH_TOKEN)
    offer = Offer.objects.get()
    admin_client.post(page_of(offer), filled_in(postback_url=WITH_TOKEN.replace(TOKEN, "new"), forget_token="on"))
    offer.refresh_from_db()
    assert offer.pasted_security_token == "new"


def test_a_token_can_be_forgotten(admin_client: Client) -> None:
    add(admin_client, postback_url=WITH_TOKEN)
    offer = Offer.objects.get()
    admin_client.post(page_of(offer), filled_in(forget_token="on"))
    offer.refresh_from_db()
    assert offer.pasted_security_token == ""


def test_nothing_is_there_to_forget_without_a_token(admin_client: Client) -> None:
    assert "forget_token" not in admin_client.get(page_of(OfferFactory.create())).content.decode()


# Default, id, deleting --------------------------------------------------------------------------------------


def test_a_new_default_takes_the_place_of_the_old_one(admin_client: Client) -> None:
    OfferFactory.create(offer_id="777")
    add(admin_client, is_default="on")
    assert list(Offer.objects.filter(is_default=True).values_list("offer_id", flat=True)) == ["12345"]


def test_the_id_of_an_offer_with_orders_stays(admin_client: Client) -> None:
    offer = ConversionFactory.create().offer
    admin_client.post(page_of(offer), filled_in(offer_id="999", name="Winter"))
    offer.refresh_from_db()
    assert (offer.offer_id, offer.name) == ("12345", "Winter")


def test_the_id_of_an_offer_without_orders_can_be_mended(admin_client: Client) -> None:
    offer = OfferFactory.create()
    admin_client.post(page_of(offer), filled_in(offer_id="999", postback_url=PARTNER_URL.replace("12345", "999")))
    offer.refresh_from_db()
    assert offer.offer_id == "999"


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_offer_with_orders_is_not_deleted_and_the_reason_told(admin_client: Client, method: str) -> None:
    offer = ConversionFactory.create().offer
    address = reverse("admin:tracking_offer_delete", args=[offer.pk])
    html = getattr(admin_client, method)(address, {"post": "yes"}, follow=True).content.decode()
    assert "cannot be deleted: orders are recorded under it" in html
    assert Offer.objects.filter(pk=offer.pk).exists()


def test_an_offer_without_orders_is_deleted(admin_client: Client) -> None:
    offer = OfferFactory.create()
    admin_client.post(reverse("admin:tracking_offer_delete", args=[offer.pk]), {"post": "yes"})
    assert not Offer.objects.exists()


def test_who_may_not_delete_is_told_so_first() -> None:
    offer = ConversionFactory.create().offer
    address = reverse("admin:tracking_offer_delete", args=[offer.pk])
    assert staff("view_offer").get(address).status_code == 403


def test_the_list_deletes_nothing(admin_client: Client) -> None:
    offer = OfferFactory.create()
    admin_client.post(list_of("offer"), {"action": "delete_selected", "_selected_action": offer.pk, "post": "yes"})
    assert Offer.objects.exists()


# Guessing the token -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "path"),
    [("offer", ""), ("postback", "offer__"), ("conversion", "offer__"), ("adjustment", "postback__offer__")],
)
def test_a_kept_token_cannot_be_found_letter_by_letter_with_filters(
    admin_client: Client, model: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    OfferFactory.create(pasted_security_token="b1946ac92492d2347c6235b4d2611184")
    asked = {f"{path}pasted_security_token__startswith": "b19"}
    assert admin_client.get(reverse(f"admin:tracking_{model}_changelist"), asked).status_code == 400
