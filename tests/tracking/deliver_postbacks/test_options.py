"""The options of `deliver_postbacks`."""

import threading
from typing import Any

import pytest

from tests.factories import OfferFactory, PostbackFactory
from tests.network import Network
from tests.tracking.fault_server import Connection, FaultServer, reply
from tests.tracking.terminal import run
from tracking.management.commands.deliver_postbacks import Command
from tracking.models import Postback


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *[("--concurrency", value) for value in ("0", "-1", "1.5", "many", "", "1001", "²")],
        *[("--max-postbacks", value) for value in ("0", "-5", "all", "1000001")],
        *[("--interval", value) for value in ("0", "-1", "soon", "nan", "inf", "3601")],
    ],
)
def test_a_value_that_makes_no_sense_exits_2_and_is_told(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        Command().run_from_argv(["manage.py", "deliver_postbacks", f"{option}={value}"])
    assert ended.value.code == 2
    assert f"argument {option}: {value!r} is not a" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("options", [("--once",), ()], ids=["once", "worker"])
@pytest.mark.parametrize("most", [1, 7, 12])
def test_with_max_postbacks_it_ends_after_so_many(network: Network, most: int, options: tuple[str, ...]) -> None:
    offer = OfferFactory(postback_url=network.postback_url)
    for _ in range(12):
        PostbackFactory(offer=offer)

    ended = run("deliver_postbacks", *options, "--max-postbacks", str(most))

    assert ended.status == 0
    assert len(network.received) == Postback.objects.filter(status="accepted").count() == most
    assert Postback.objects.filter(status="pending").count() == 12 - most


@pytest.mark.django_db(transaction=True)
def test_once_with_fewer_due_than_max_postbacks_ends_with_them(network: Network) -> None:
    PostbackFactory(offer=OfferFactory(postback_url=network.postback_url))
    assert run("deliver_postbacks", "--once", "--max-postbacks", "5").out == "Tried: 1.\n"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("options", "most"), [(("--concurrency", "2"), 2), ((), 3)], ids=["option", "setting"])
def test_the_option_concurrency_goes_before_the_setting(settings: Any, options: tuple[str, ...], most: int) -> None:
    settings.TRACKING_CONCURRENCY = 3
    full, lock = threading.Event(), threading.Lock()
    under_way: list[int] = [0]

    def script(connection: Connection) -> None:
        while connection.read_request():
            with lock:
                under_way.append(under_way[-1] + 1)
                if under_way[-1] == most:
                    full.set()
            assert full.wait(20), f"Never were {most} under way."
            with lock:
                under_way.append(under_way[-1] - 1)
            connection.send(reply())

    with FaultServer(script) as server:
        offer = OfferFactory(postback_url=f"http://127.0.0.1:{server.port}/?adv_unique1=ORDER_ID")
        for _ in range(20):
            PostbackFactory(offer=offer)
        run("deliver_postbacks", "--once", *options)

    assert max(under_way) == most
    assert Postback.objects.filter(status="accepted").count() == 20
