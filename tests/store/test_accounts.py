"""Accounts by e-mail: opened by a link that was mailed, so that every account's address is confirmed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from store import customers
from tests.store.accounts import link_in, post
from tests.store.conftest import PASSWORD, Shopper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_letters_leave", "_counts_start_at_nothing")]


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
