"""Which machines and people may read health and metrics."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.tracking.monitoring.steps import PATHS, TOKEN, ask


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_machine_with_the_token_may(path: str) -> None:
    response = ask(path)
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "ü"])
def test_a_wrong_token_is_told_so(path: str, token: str) -> None:
    assert ask(path, token).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_a_stranger_learns_nothing(path: str, client: Client) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
def test_no_token_is_right_where_none_is_set(settings: Any) -> None:
    settings.TRACKING_MONITORING_TOKEN = ""
    assert ask(token="").status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(("is_staff", "status"), [(True, 200), (False, 404)])
def test_the_staff_may_and_customers_may_not(is_staff: bool, status: int, client: Client) -> None:
    client.force_login(User.objects.create_user("ann", is_staff=is_staff))
    assert client.get(PATHS[0]).status_code == status


def test_nothing_can_be_posted(client: Client) -> None:
    assert client.post(PATHS[0], headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


@pytest.mark.parametrize("token", ["short", "x" * 15, "has a space in it", "ümlauts-are-no-header"])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(settings: Any, token: str) -> None:
    from tracking.checks import check_settings

    settings.TRACKING_MONITORING_TOKEN = token
    [message] = check_settings(None)
    assert message.msg.startswith("TRACKING_MONITORING_TOKEN")
    assert token not in message.msg
