"""The pages of the logs in Django admin: what each tells, and that no text from outside becomes HTML."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import ConversionFactory, PostbackFactory
from tests.tracking.admin.log import landing
from tests.tracking.admin_pages import list_of, page_of, rows
from tracking.models import Attempt

pytestmark = pytest.mark.django_db


def test_the_page_tells_the_story(admin_client: Client) -> None:
    postback = PostbackFactory.create(status="rejected", verdict="rejected", detail="Invalid Trans. ID #5")
    Attempt.objects.create(
        postback=postback,
        started_at=timezone.now(),
        duration_ms=1820,
        url="https://get.aspr.app/aff_lsr?aff_id=77",
        http_status=200,
        reply="success=false; err_msg=Invalid Trans. ID #5;",
        verdict="rejected",
    )
    html = admin_client.get(page_of(postback)).content.decode()
    for expected in (
        "GET https://get.aspr.app/aff_lsr?aff_id=77",
        "HTTP 200",
        "success=false; err_msg=Invalid Trans. ID #5;",
        "took 1.8 s",
        "Aspire refused it.",
        "Aspire does not know the transaction id",
        "Nothing by itself: it needs a person.",
    ):
        assert expected in html


def test_a_state_is_told_by_words_and_not_by_colour_alone(admin_client: Client) -> None:
    rows(1, status="unconfirmed")
    html = admin_client.get(list_of("postback")).content.decode()
    assert '<span class="tracking-badge tracking-badge--unconfirmed">Unconfirmed</span>' in html


def test_an_order_without_a_postback_has_its_page(admin_client: Client) -> None:
    conversion = ConversionFactory.create(outcome="organic", offer=None, reason="No click was found.")
    html = admin_client.get(page_of(conversion)).content.decode()
    assert "No click was found." in html
    assert "it is not reported to Aspire" in html


def test_a_row_that_is_gone_leads_back(admin_client: Client) -> None:
    gone = reverse("admin:tracking_postback_change", args=[4711])
    assert admin_client.get(gone).status_code == 302


def test_an_unreplaced_macro_is_explained(admin_client: Client) -> None:
    landing()
    html = admin_client.get(list_of("landingcount")).content.decode()
    assert "An unreplaced macro" in html
    assert "https://yourstore.com?affiliate_id={affiliate_id}" in html


def test_the_index_names_the_app(admin_client: Client) -> None:
    assert "Affiliate tracking" in admin_client.get(reverse("admin:index")).content.decode()


HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize("action", ["", "send_again", "mark_accepted"])
def test_no_text_from_outside_becomes_html(admin_client: Client, action: str) -> None:
    postback = PostbackFactory.create(
        conversion__order_id=HOSTILE, conversion__affiliate_id=HOSTILE, status="unconfirmed", detail=HOSTILE
    )
    Attempt.objects.create(
        postback=postback, started_at=timezone.now(), url=HOSTILE, reply=HOSTILE, detail=HOSTILE, verdict="unconfirmed"
    )
    if action:
        chosen = {"action": action, "_selected_action": postback.pk}
        pages = [
            admin_client.post(list_of("postback"), chosen),
            admin_client.post(
                list_of("postback"), {**chosen, "confirmed": "yes", "doubtful": postback.pk}, follow=True
            ),
            admin_client.get(reverse("admin:tracking_postback_history", args=[postback.pk])),
            admin_client.get(reverse("admin:index")),
        ]
    else:
        pages = [
            admin_client.get(address)
            for address in (
                list_of("postback"),
                list_of("conversion"),
                list_of("postback") + f"?q={HOSTILE}",
                page_of(postback),
                page_of(postback.conversion),
            )
        ]
    for page in pages:
        assert HOSTILE not in page.content.decode()
    assert any("&lt;script&gt;" in page.content.decode() for page in pages)
