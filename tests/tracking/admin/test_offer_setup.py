"""An offer's page as a guide: the Offer URL, the live look at what is pasted, the checklist, the test postback."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from tests.factories import GLOBAL_URL, PARTNER_URL, OfferFactory
from tests.network import Network
from tests.tracking.admin.test_offers import ADD, TOKEN, WITH_TOKEN, add
from tests.tracking.admin_pages import page_of, staff
from tracking.models import Offer, Postback

UNDERSTAND = reverse("admin:tracking_offer_understand")


def understand(client: Client, url: str, **values: Any) -> dict[str, str]:
    answer: dict[str, str] = client.post(UNDERSTAND, {"postback_url": url, "offer_id": "12345", **values}).json()
    return answer


@pytest.fixture
def local(settings: Any) -> None:
    settings.TRACKING_POSTBACK_HOSTS = ["localhost", "127.0.0.1"]


# The guide --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_newcomer_sees_the_offer_url_before_there_is_an_offer(admin_client: Client) -> None:
    html = admin_client.get(reverse(ADD)).content.decode()
    assert "http://testserver/?affiliate_id={affiliate_id}&amp;offer_id={offer_id}<" in html
    assert "&amp;transaction_id={transaction_id}<" in html


@pytest.mark.django_db
def test_the_first_offer_is_the_default_one(admin_client: Client) -> None:
    assert is_ticked(admin_client)
    OfferFactory.create()
    assert not is_ticked(admin_client)


def is_ticked(client: Client) -> bool:
    html = client.get(reverse(ADD)).content.decode()
    [tick] = re.findall(r'<input type="checkbox" name="is_default"[^>]*>', html)
    return "checked" in tick


@pytest.mark.django_db
def test_the_offers_id_is_taken_from_the_url_where_none_is_given(admin_client: Client) -> None:
    add(admin_client, offer_id="")
    assert Offer.objects.get().offer_id == "12345"


@pytest.mark.django_db
def test_a_global_offer_without_an_id_is_called_global(admin_client: Client) -> None:
    add(admin_client, offer_id="", postback_url=GLOBAL_URL, protocol="transaction-id", is_global="on")
    assert Offer.objects.get().offer_id == "global"


@pytest.mark.django_db
@pytest.mark.parametrize("url", [GLOBAL_URL, "nonsense here"])
def test_an_id_that_is_nowhere_is_asked_for(admin_client: Client, url: str) -> None:
    html = add(admin_client, offer_id="", postback_url=url, protocol="transaction-id").content.decode()
    assert "the postback URL does not carry it" in html
    assert not Offer.objects.exists()


@pytest.mark.django_db
def test_the_page_shows_offer_url_test_link_and_checklist() -> None:
    html = staff("view_offer").get(page_of(OfferFactory.create())).content.decode()
    assert "http://testserver/?affiliate_id={affiliate_id}&amp;offer_id={offer_id}" in html
    assert "aff_c?offer_id=12345&amp;aff_id=1" in html
    assert "On the way: 1 of 5" in html


@pytest.mark.django_db
def test_the_checklist_can_be_looked_at_again_alone() -> None:
    offer = OfferFactory.create()
    address = reverse("admin:tracking_offer_checklist", args=[offer.pk])
    html = staff("view_offer").get(address).content.decode()
    assert html.lstrip().startswith("<section")
    assert "On the way: 1 of 5" in html


@pytest.mark.django_db
def test_who_may_not_see_offers_sees_no_checklist() -> None:
    address = reverse("admin:tracking_offer_checklist", args=[OfferFactory.create().pk])
    assert staff("view_postback").get(address).status_code == 403


@pytest.mark.django_db
def test_the_checklist_of_no_offer_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(reverse("admin:tracking_offer_checklist", args=[7])).status_code == 404


# The live look ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_is_pasted_is_understood_at_once_and_nothing_saved(admin_client: Client) -> None:
    answer = understand(admin_client, PARTNER_URL)
    assert "the creator&#x27;s id, from the click" in answer["html"]
    assert "Understood: nothing is amiss." in answer["html"]
    assert (answer["offer_id"], answer["protocol"]) == ("12345", "partner-id")
    assert not Offer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "told"),
    [
        (PARTNER_URL.replace("get.aspr.app", "evil.example"), "The host evil.example"),
        (PARTNER_URL.replace("12345", "777"), "The URL is for offer 777"),
        ("nonsense here", "has a blank"),
        (f"{PARTNER_URL}&payout=1", "overrides what Aspire works out"),
        ("", "Paste the URL"),
    ],
)
def test_what_is_amiss_is_said_at_once(admin_client: Client, url: str, told: str) -> None:
    html = understand(admin_client, url)["html"]
    assert told in html
    assert "nothing is amiss" not in html


@pytest.mark.django_db
def test_the_protocol_is_told_from_the_url(admin_client: Client) -> None:
    assert understand(admin_client, GLOBAL_URL)["protocol"] == "transaction-id"


@pytest.mark.django_db
def test_a_token_that_is_pasted_is_not_echoed(admin_client: Client) -> None:
    assert TOKEN not in str(understand(admin_client, WITH_TOKEN))


@pytest.mark.django_db
def test_a_token_that_is_kept_counts(admin_client: Client) -> None:
    offer = OfferFactory.create(pasted_security_token=TOKEN)
    url = f"{PARTNER_URL}&security_token=SECURITY_TOKEN"
    assert "Kept, and not shown." in understand(admin_client, url, saved=offer.pk)["html"]
    assert "there is no token" in understand(admin_client, url, saved=offer.pk, forget_token="on")["html"]
    assert "there is no token" in understand(admin_client, url, saved="x")["html"]


@pytest.mark.django_db
def test_who_may_only_look_asks_for_nothing() -> None:
    assert staff("view_offer").post(UNDERSTAND, {"postback_url": PARTNER_URL}).status_code == 403


@pytest.mark.django_db
def test_without_a_script_a_form_with_an_error_says_how_the_url_is_understood(admin_client: Client) -> None:
    html = add(admin_client, window_days="0").content.decode()
    assert "the creator&#x27;s id, from the click" in html
    assert not Offer.objects.exists()


# The test postback ------------------------------------------------------------------------------------------


def send(client: Client, offer: Offer, **values: Any) -> Any:
    return client.post(reverse("admin:tracking_offer_test", args=[offer.pk]), values, follow=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("local")
def test_the_verdict_of_a_test_is_on_the_page(network: Network) -> None:
    offer = OfferFactory.create(postback_url=network.postback_url)
    response = send(staff("view_offer", "test_offer"), offer)
    html = response.content.decode()
    assert response.redirect_chain == [(f"{page_of(offer)}#tracking-test", 302)]
    assert "success=true;" in html
    assert "tracking-badge--accepted" in html
    assert "On the way: 2 of 5" in html
    [received] = network.received
    assert (received["aff_id"], received["amount"]) == ("1", "1.00")
    assert Postback.objects.get().is_test


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("local")
def test_a_refused_test_says_what_to_do(network: Network) -> None:
    network.replies(200, "success=false; err_msg=Bad token;")
    offer = OfferFactory.create(postback_url=network.postback_url)
    html = send(staff("view_offer", "test_offer", "view_postback"), offer).content.decode()
    assert "err_msg=Bad token" in html
    assert "Compare the security token" in html
    assert page_of(Postback.objects.get()) in html
    assert LogEntry.objects.get().get_change_message() == "Test postback sent by alice: rejected."


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("local")
def test_a_test_by_transaction_needs_the_id_of_a_click(network: Network) -> None:
    url = network.postback_url.replace("aff_id=AFFILIATE_ID", "transaction_id=TRANSACTION_ID")
    offer = OfferFactory.create(postback_url=url, protocol="transaction-id")
    client = staff("view_offer", "test_offer")
    assert "Nothing was sent." in send(client, offer, transaction_id="no id!").content.decode()
    assert network.received == []
    send(client, offer, transaction_id="102656693ac3ca6e0cdafbfe89ab99")
    assert network.received[0]["transaction_id"] == "102656693ac3ca6e0cdafbfe89ab99"


@pytest.mark.django_db
def test_who_may_not_test_has_no_button_and_sends_nothing() -> None:
    offer = OfferFactory.create()
    client = staff("view_offer", "change_offer")
    assert "Send test postback" not in client.get(page_of(offer)).content.decode()
    assert send(client, offer).status_code == 403
    assert not Postback.objects.exists()


@pytest.mark.django_db
def test_a_test_is_not_sent_by_following_a_link(admin_client: Client) -> None:
    address = reverse("admin:tracking_offer_test", args=[OfferFactory.create().pk])
    assert admin_client.get(address).status_code == 403


@pytest.mark.django_db
def test_an_offer_that_cannot_work_has_no_button_and_sends_nothing(admin_client: Client) -> None:
    offer = OfferFactory.create(postback_url=f"{PARTNER_URL}&security_token=SECURITY_TOKEN")
    assert "Send test postback" not in admin_client.get(page_of(offer)).content.decode()
    assert "Nothing was sent" in send(admin_client, offer).content.decode()
