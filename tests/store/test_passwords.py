"""A forgotten password, and a new one."""

import pytest
from django.contrib.auth.models import User
from django.core import mail

from tests.store.accounts import link_in, post
from tests.store.conftest import PASSWORD, Shopper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_letters_leave", "_counts_start_at_nothing")]


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


def test_what_a_password_needs_is_read_out_with_its_field(shopper: Shopper, ada: User) -> None:
    shopper.client.force_login(ada)

    page = shopper.opens("password_change").content.decode()

    assert 'aria-describedby="id_new_password1_helptext"' in page
    assert '<div class="help" id="id_new_password1_helptext"><ul>' in page  # a list ends a paragraph
