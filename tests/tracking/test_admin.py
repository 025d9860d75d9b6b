"""The log in Django admin: who sees what, that nothing can be edited, what the lists find and cost."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import ConversionFactory, OfferFactory, PostbackFactory
from tests.tracking.admin_pages import list_of, page_of, rows, staff
from tracking.admin import log
from tracking.models import Attempt, Conversion, LandingCount, Postback

pytestmark = pytest.mark.django_db


LOGS = ["conversion", "postback", "landingcount"]


def landing() -> LandingCount:
    return LandingCount.objects.create(
        day=date(2026, 11, 22), finding="unreplaced_macro", parameter="affiliate_id", count=3
    )


def log_row(model: str) -> Any:
    """A row of each log."""
    if model == "landingcount":
        return landing()
    postback = PostbackFactory.create()
    return postback if model == "postback" else postback.conversion


# Who may what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", LOGS)
def test_who_may_not_view_sees_nothing(model: str) -> None:
    row = log_row(model)
    client = staff("view_offer")
    assert client.get(list_of(model)).status_code == 403
    assert client.get(page_of(row)).status_code == 403


@pytest.mark.parametrize("model", LOGS)
def test_who_may_view_reads_list_and_page(model: str) -> None:
    row = log_row(model)
    client = staff(f"view_{model}")
    assert client.get(list_of(model)).status_code == 200
    assert client.get(page_of(row)).status_code == 200


MATRIX = [
    ((), []),
    (("resend_postback",), ["send_again"]),
    (("settle_postback",), ["mark_accepted", "cancel"]),
    (("resend_postback", "settle_postback"), ["send_again", "mark_accepted", "cancel"]),
    (("add_postback", "change_postback", "delete_postback"), []),
]


@pytest.mark.parametrize(("permissions", "actions"), MATRIX)
def test_the_list_offers_the_actions_a_person_may_take(permissions: tuple[str, ...], actions: list[str]) -> None:
    rows(1)
    html = staff("view_postback", *permissions).get(list_of("postback")).content.decode()
    offered = [name for name in ("send_again", "mark_accepted", "cancel") if f'<option value="{name}">' in html]
    assert offered == actions
    assert "delete_selected" not in html


@pytest.mark.parametrize(
    ("status", "permissions", "buttons"),
    [
        ("unconfirmed", (), []),
        ("unconfirmed", ("resend_postback",), ["send_again"]),
        ("unconfirmed", ("settle_postback",), ["mark_accepted"]),
        ("pending", ("resend_postback", "settle_postback"), ["send_again", "cancel"]),
        ("accepted", ("resend_postback", "settle_postback"), []),
        ("cancelled", ("resend_postback", "settle_postback"), []),
    ],
)
def test_the_page_has_the_buttons_that_fit(status: str, permissions: tuple[str, ...], buttons: list[str]) -> None:
    [postback] = rows(1, status=status)
    html = staff("view_postback", *permissions).get(page_of(postback)).content.decode()
    assert [name for name in ("send_again", "mark_accepted", "cancel") if f'value="{name}"' in html] == buttons


@pytest.mark.parametrize("action", ["send_again", "mark_accepted", "cancel"])
def test_who_may_only_view_changes_nothing_by_posting(action: str) -> None:
    [postback] = rows(1, status="failed" if action != "cancel" else "pending")
    data = {"action": action, "_selected_action": postback.pk, "confirmed": "yes", "index": "0"}
    before = Postback.objects.values().get()
    staff("view_postback").post(list_of("postback"), data)
    assert Postback.objects.values().get() == before


# Nothing is edited ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", LOGS)
@pytest.mark.parametrize("address", ["add", "change", "delete"])
def test_a_superuser_adds_changes_and_deletes_nothing(admin_client: Client, model: str, address: str) -> None:
    row = log_row(model)
    args = [] if address == "add" else [row.pk]
    posted = admin_client.post(reverse(f"admin:tracking_{model}_{address}", args=args), {"post": "yes"})
    assert posted.status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", LOGS)
def test_the_delete_action_deletes_nothing(admin_client: Client, model: str) -> None:
    row = log_row(model)
    data = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    admin_client.post(list_of(model), data)
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", ["conversion", "postback"])
def test_a_page_has_no_field_to_edit(admin_client: Client, model: str) -> None:
    html = admin_client.get(page_of(log_row(model))).content.decode()
    story = html[html.index('id="content-main"') :]
    assert "<textarea" not in story
    assert "<select" not in story
    assert '<input type="text"' not in story
    assert 'name="_save"' not in story


# Lists ------------------------------------------------------------------------------------------------------


def found(client: Client, model: str, **query: str) -> set[str]:
    """The orders that a list shows."""
    shown = client.get(list_of(model), query).context["cl"].result_list
    return {(row.conversion if model == "postback" else row).order_id for row in shown}


@pytest.mark.parametrize("model", ["conversion", "postback"])
@pytest.mark.parametrize(
    ("term", "orders"),
    [
        ("1001", {"1001"}),
        ("10", {"1001", "10022"}),
        ("78", {"10022"}),
        (" 1001 ", {"1001"}),
        ("a b", {"a b"}),
        ("7", set()),
        ("01", set()),
    ],
)
def test_the_search_finds_an_order_or_an_affiliate(
    admin_client: Client, model: str, term: str, orders: set[str]
) -> None:
    offer = OfferFactory.create()
    for order_id, affiliate_id in (("1001", "77"), ("10022", "78"), ("a b", "77")):
        PostbackFactory.create(
            conversion=ConversionFactory.create(order_id=order_id, affiliate_id=affiliate_id, offer=offer), offer=offer
        )
    assert found(admin_client, model, q=term) == orders


def test_the_postback_filters_answer_an_operators_questions(admin_client: Client) -> None:
    offer, other = OfferFactory.create(), OfferFactory.create(offer_id="777", is_default=False)
    long_ago = timezone.now() - timedelta(days=40)

    def owed(order_id: str, **values: Any) -> None:
        made = {"offer": values.get("offer", offer), "is_test": values.get("is_test", False)}
        completed_at = values.pop("completed_at", timezone.now())
        conversion = ConversionFactory.create(order_id=order_id, completed_at=completed_at, **made)
        PostbackFactory.create(**{"offer": offer, **values, "conversion": conversion})

    owed("refused", status="rejected", verdict="rejected")
    owed("other", offer=other)
    owed("test", is_test=True)
    owed("old", completed_at=long_ago)
    week_ago = (timezone.now() - timedelta(days=7)).isoformat()
    assert found(admin_client, "postback", status__exact="rejected") == {"refused"}
    assert found(admin_client, "postback", verdict__exact="rejected") == {"refused"}
    assert found(admin_client, "postback", offer__id__exact=str(other.pk)) == {"other"}
    assert found(admin_client, "postback", is_test__exact="1") == {"test"}
    assert found(admin_client, "postback", conversion__completed_at__gte=week_ago) == {"refused", "other", "test"}


def test_the_conversion_filters_answer_an_operators_questions(admin_client: Client) -> None:
    offer = OfferFactory.create()
    ConversionFactory.create(order_id="earned", offer=offer)
    ConversionFactory.create(order_id="own", outcome=Conversion.Outcome.ORGANIC, offer=None)
    ConversionFactory.create(order_id="test", offer=offer, is_test=True)
    assert found(admin_client, "conversion", outcome__exact="organic") == {"own"}
    assert found(admin_client, "conversion", offer__id__exact=str(offer.pk)) == {"earned", "test"}
    assert found(admin_client, "conversion", is_test__exact="1") == {"test"}


@pytest.mark.parametrize("model", ["conversion", "postback"])
def test_a_long_list_costs_as_many_queries_as_a_short_one(
    admin_client: Client, model: str, django_assert_num_queries: Any
) -> None:
    queries = {"conversion": 5, "postback": 5}[model]  # session, user, offers of the filter, count, rows
    rows(5)
    with django_assert_num_queries(queries):
        admin_client.get(list_of(model))
    rows(45)
    with django_assert_num_queries(queries):
        admin_client.get(list_of(model))


def test_a_page_costs_as_many_queries_whatever_its_attempts(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    [postback] = rows(1)
    for _ in range(20):
        Attempt.objects.create(postback=postback, started_at=timezone.now(), url="https://x/", verdict="busy")
    with django_assert_max_num_queries(11):
        admin_client.get(page_of(postback))


def test_a_big_table_is_not_counted_to_its_end(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MOST_COUNTED", 3)
    rows(5)
    html = admin_client.get(list_of("postback")).content.decode()
    assert "3 postbacks" in html
    assert "There are more than these" in html


def test_a_small_table_is_counted(admin_client: Client) -> None:
    rows(2)
    html = admin_client.get(list_of("postback")).content.decode()
    assert "2 postbacks" in html
    assert "There are more than these" not in html


def test_an_amount_reads_the_same_in_a_german_locale(admin_client: Client, settings: Any) -> None:
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    [postback] = rows(1, status="unconfirmed", pk=1_234_567)
    assert "49.99 USD" in admin_client.get(list_of("postback")).content.decode()
    assert 'name="_selected_action" value="1234567"' in admin_client.get(page_of(postback)).content.decode()


# Pages ------------------------------------------------------------------------------------------------------


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
