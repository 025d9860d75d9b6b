"""Accounts by e-mail: opened by a link that was mailed, so that every account's address is confirmed."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from store import customers
from tests.store.conftest import Shopper
from tests.store.factories import OrderFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_letters_leave")]

PASSWORD = "fifteen-small-teapots"


@pytest.fixture(autouse=True)
def _counts_start_at_nothing() -> None:
    cache.clear()


@pytest.fixture
def ada() -> User:
    customer = customers.open_account("ada@example.com", PASSWORD)
    assert customer
    return customer


def post(shopper: Shopper, name: str, /, *args: object, follow: bool = True, **form: str) -> Any:
    return shopper.client.post(reverse(f"store:{name}", args=args), form, follow=follow)


def link_in(letter: Any) -> str:
    found = re.search(r"https://localhost:8000(/account/\S+)", letter.body)
    assert found, letter.body
    return found[1]


def test_asking_for_an_account_opens_none_and_sends_a_link(shopper: Shopper) -> None:
    page = post(shopper, "register", email="Ada@Example.com").content.decode()

    assert "on its way to ada@example.com" in page
    assert not User.objects.exists()
    assert mail.outbox[0].to == ["ada@example.com"]


def test_the_link_and_a_password_open_the_account(shopper: Shopper) -> None:
    post(shopper, "register", email="ada@example.com")

    page = shopper.client.post(
        link_in(mail.outbox[0]), {"new_password1": PASSWORD, "new_password2": PASSWORD}, follow=True
    )

    assert "Your account is open" in page.content.decode()
    assert User.objects.get().email == "ada@example.com"
    assert shopper.opens("account").status_code == 200


def test_a_forged_link_opens_nothing(shopper: Shopper) -> None:
    page = shopper.opens("open_account", "ImFkYUBleGFtcGxlLmNvbSI:1w:forged")

    assert page.status_code == 410
    assert "too old" in page.content.decode()


def test_the_link_holds_for_three_days(shopper: Shopper) -> None:
    post(shopper, "register", email="ada@example.com")

    with time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        assert shopper.client.get(link_in(mail.outbox[0])).status_code == 410


def test_a_link_works_once(shopper: Shopper, ada: User) -> None:
    post(shopper, "register", email="grace@example.com")
    link = link_in(mail.outbox[0])
    shopper.client.post(link, {"new_password1": PASSWORD, "new_password2": PASSWORD})

    again = Shopper().client.post(link, {"new_password1": "other" + PASSWORD, "new_password2": "other" + PASSWORD})

    assert again["Location"] == reverse("store:login")
    assert User.objects.get(username="grace@example.com").check_password(PASSWORD)


def test_a_weak_password_opens_nothing(shopper: Shopper) -> None:
    post(shopper, "register", email="ada@example.com")

    page = shopper.client.post(
        link_in(mail.outbox[0]), {"new_password1": "ada@example", "new_password2": "ada@example"}
    )

    assert "too similar" in page.content.decode()
    assert not User.objects.exists()


def test_the_answer_does_not_tell_who_is_a_customer(shopper: Shopper, ada: User) -> None:
    known = post(shopper, "register", email="ada@example.com").content.decode()
    unknown = post(shopper, "register", email="eve@example.com").content.decode()

    notices = [re.findall(r'class="notice [^>]*>([^<]*)<', page) for page in (known, unknown)]
    assert notices[0][0].replace("ada", "eve") == notices[1][0]


def test_a_customer_who_asks_for_an_account_is_told_by_mail_alone(shopper: Shopper, ada: User) -> None:
    post(shopper, "register", email="ada@example.com")

    assert "you have one already" in mail.outbox[0].body


def test_two_accounts_cannot_share_an_address(ada: User) -> None:
    assert customers.open_account("ADA@example.com", PASSWORD) is None


@pytest.mark.parametrize("typed", ["ada@example.com", "Ada@Example.COM", " ada@example.com "])
def test_logging_in_goes_by_the_address_however_it_is_typed(shopper: Shopper, ada: User, typed: str) -> None:
    page = post(shopper, "login", username=typed, password=PASSWORD)

    assert "Your account" in page.content.decode()


def test_logging_in_leads_on_to_the_page_that_was_asked_for(shopper: Shopper, ada: User) -> None:
    login = shopper.opens("new_address")["Location"]

    page = shopper.client.post(
        login, {"username": "ada@example.com", "password": PASSWORD, "next": reverse("store:new_address")}
    )

    assert page["Location"] == reverse("store:new_address")


def test_a_wrong_password_is_told_without_saying_what_is_wrong(shopper: Shopper, ada: User) -> None:
    wrong = post(shopper, "login", username="ada@example.com", password="wrong").content.decode()
    unknown = post(shopper, "login", username="eve@example.com", password="wrong").content.decode()

    assert "do not go together" in wrong
    assert "do not go together" in unknown


def test_guessing_passwords_ends_after_ten(shopper: Shopper, ada: User) -> None:
    for _ in range(10):
        post(shopper, "login", username="ada@example.com", password="wrong")

    page = post(shopper, "login", username="ada@example.com", password=PASSWORD).content.decode()

    assert "Too many wrong passwords" in page


def test_a_right_password_forgets_the_wrong_ones(shopper: Shopper, ada: User) -> None:
    for _ in range(3):
        for _ in range(9):
            post(shopper, "login", username="ada@example.com", password="wrong")
        assert post(Shopper(), "login", username="ada@example.com", password=PASSWORD).redirect_chain


def test_nobody_can_be_sent_more_than_five_letters_an_hour(shopper: Shopper) -> None:
    for _ in range(7):
        post(shopper, "register", email="ada@example.com")

    assert len(mail.outbox) == 5


def test_logging_out_takes_a_post(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    assert shopper.opens("logout").status_code == 405
    post(shopper, "logout")
    assert shopper.opens("account")["Location"].startswith(reverse("store:login"))


def test_a_forgotten_password_is_replaced_by_a_mailed_link(shopper: Shopper, ada: User) -> None:
    post(shopper, "password_reset", email="Ada@example.com")
    form = shopper.client.get(link_in(mail.outbox[0]), follow=True)

    page = shopper.client.post(
        form.request["PATH_INFO"], {"new_password1": "new-" + PASSWORD, "new_password2": "new-" + PASSWORD}, follow=True
    )

    assert "Your account" in page.content.decode()
    ada.refresh_from_db()
    assert ada.check_password("new-" + PASSWORD)


def test_a_used_password_link_is_told_to_be_old(shopper: Shopper, ada: User) -> None:
    post(shopper, "password_reset", email="ada@example.com")
    ada.set_password("another")
    ada.save()

    assert "too old" in shopper.client.get(link_in(mail.outbox[0])).content.decode()


def test_a_new_password_for_an_address_without_account_offers_one(shopper: Shopper) -> None:
    page = post(shopper, "password_reset", email="eve@example.com").content.decode()

    assert "on its way to eve@example.com" in page
    assert "/account/new/" in link_in(mail.outbox[0])


def test_staff_get_no_new_password_through_the_shop(shopper: Shopper, admin_user: User) -> None:
    post(shopper, "password_reset", email=admin_user.email)

    assert "/account/new/" in link_in(mail.outbox[0])


def test_the_password_is_changed_in_the_account(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    new = "new-" + PASSWORD
    post(shopper, "password_change", old_password=PASSWORD, new_password1=new, new_password2=new)

    ada.refresh_from_db()
    assert ada.check_password(new)


def test_guest_orders_are_joined_to_an_account_opened_later(shopper: Shopper) -> None:
    order = OrderFactory(email="Ada@Example.com")
    post(shopper, "register", email="ada@example.com")

    page = shopper.client.post(
        link_in(mail.outbox[0]), {"new_password1": PASSWORD, "new_password2": PASSWORD}, follow=True
    )

    order.refresh_from_db()
    assert order.customer == User.objects.get()
    assert order.number in page.content.decode()


def test_an_order_placed_as_a_guest_by_a_customer_is_joined_at_the_next_login(shopper: Shopper, ada: User) -> None:
    order = OrderFactory(email="ada@example.com")

    post(shopper, "login", username="ada@example.com", password=PASSWORD)

    order.refresh_from_db()
    assert order.customer == ada


@pytest.mark.parametrize("email", ["eve@example.com", "ad\u00e1@example.com", "ada@ex\u00e1mple.com"])
def test_orders_of_other_addresses_are_not_joined(ada: User, email: str) -> None:
    order = OrderFactory(email=email)

    assert customers.join_orders(ada) == 0
    order.refresh_from_db()
    assert order.customer is None


def test_orders_of_another_customer_stay_theirs(ada: User) -> None:
    grace = customers.open_account("grace@example.com", PASSWORD)
    order = OrderFactory(email="ada@example.com", customer=grace)

    customers.join_orders(ada)

    order.refresh_from_db()
    assert order.customer == grace


def test_staff_collect_no_orders_by_an_address_that_nobody_confirmed(admin_user: User) -> None:
    OrderFactory(email=admin_user.email)

    assert customers.join_orders(admin_user) == 0


def test_the_account_shows_its_own_orders_alone(shopper: Shopper, ada: User) -> None:
    own, other = OrderFactory(customer=ada), OrderFactory(email="eve@example.com")
    shopper.client.force_login(ada)

    page = shopper.opens("account").content.decode()

    assert own.number in page
    assert other.number not in page


def test_the_account_asks_the_database_the_same_whatever_its_length(
    shopper: Shopper, ada: User, django_assert_max_num_queries: Any
) -> None:
    OrderFactory.create_batch(30, customer=ada)
    shopper.client.force_login(ada)

    with django_assert_max_num_queries(9):
        page = shopper.opens("account").content.decode()

    assert "Page 1 of 2" in page


def test_account_pages_are_kept_from_caches(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    for name in ("account", "password_change", "new_address"):
        assert "no-store" in shopper.opens(name)["Cache-Control"], name


ADDRESS = {
    "name": "Ada Lovelace",
    "address1": "12 St James's Square",
    "city": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
}


def test_an_address_is_kept_and_fills_in_the_checkout(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    page = post(shopper, "new_address", **ADDRESS).content.decode()

    assert "12 St James&#x27;s Square" in page
    assert customers.address_for(ada)["city"] == "London"
    assert customers.address_for(ada)["email"] == "ada@example.com"


def test_one_address_is_used_first(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)
    post(shopper, "new_address", **ADDRESS, is_default="on")
    post(shopper, "new_address", **{**ADDRESS, "address1": "10 Downing Street"}, is_default="on")

    assert ada.addresses.filter(is_default=True).count() == 1
    assert customers.address_for(ada)["address1"] == "10 Downing Street"


def test_another_country_brings_its_fields_and_keeps_what_was_typed(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    page = post(shopper, "new_address", **{**ADDRESS, "country": "US"}, update="1").content.decode()

    assert "California" in page
    assert 'value="Ada Lovelace"' in page
    assert "field-wrong" not in page
    assert not ada.addresses.exists()


def test_what_another_country_had_is_not_kept(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)
    own = ada.addresses.create(**{**ADDRESS, "country": "US", "region": "CA", "postcode": "94105"})

    post(shopper, "address", own.pk, **ADDRESS)

    own.refresh_from_db()
    assert (own.country, own.region, own.postcode) == ("GB", "", "SW1Y 4JH")


def test_a_postcode_of_another_country_is_told_by_the_field(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    page = post(shopper, "new_address", **{**ADDRESS, "postcode": "94105"}).content.decode()

    assert "This is no postcode of the country" in page
    assert not ada.addresses.exists()


def test_a_customer_without_an_address_book_is_offered_the_last_orders(ada: User) -> None:
    OrderFactory(customer=ada, city="Bristol")

    assert customers.address_for(ada)["city"] == "Bristol"


def test_another_customers_address_is_not_found(shopper: Shopper, ada: User) -> None:
    grace = customers.open_account("grace@example.com", PASSWORD)
    assert grace
    theirs = grace.addresses.create(**ADDRESS)
    shopper.client.force_login(ada)

    assert shopper.opens("address", theirs.pk).status_code == 404
    assert post(shopper, "delete_address", theirs.pk).status_code == 404
    assert grace.addresses.exists()


def test_an_address_is_removed(shopper: Shopper, ada: User) -> None:
    own = ada.addresses.create(**ADDRESS)
    shopper.client.force_login(ada)

    post(shopper, "delete_address", own.pk)

    assert not ada.addresses.exists()


def test_a_guest_is_sent_the_way_to_their_order(shopper: Shopper) -> None:
    order = OrderFactory(email="ada@example.com")

    post(shopper, "find_order", number=order.number.lower(), email="Ada@example.com")

    assert order.get_absolute_url() in mail.outbox[0].body
    assert mail.outbox[0].to == ["ada@example.com"]


def test_a_number_without_its_address_tells_and_sends_nothing(shopper: Shopper) -> None:
    order = OrderFactory(email="ada@example.com")

    right = post(shopper, "find_order", number=order.number, email="ada@example.com").content.decode()
    wrong = post(shopper, "find_order", number=order.number, email="eve@example.com").content.decode()

    assert len(mail.outbox) == 1
    assert "the link is on its way" in right
    assert "the link is on its way" in wrong
