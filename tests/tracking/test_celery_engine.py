"""The engine `celery` with real brokers, workers and a real beat: messages only wake, the outbox holds the truth."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tracking.brokers import Redis, rabbitmq_url, redis_server
from tests.tracking.celery_machine import CeleryShop
from tests.tracking.fault_server import Connection, FaultServer, always, reply, silent
from tests.tracking.processes import copied, migrated
from tests.tracking.waiting import until

NewShop = Callable[[FaultServer, str], CeleryShop]


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with redis_server() as running:
        yield running


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("redis").url if request.param == "redis" else rabbitmq_url()


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.getbasetemp())


@pytest.fixture
def new_shop(empty_database: Path, tmp_path: Path) -> NewShop:
    return lambda aspire, broker: CeleryShop(copied(empty_database, tmp_path), port=aspire.port, broker=broker)


def received(aspire: FaultServer) -> Counter[str]:
    return Counter(target.rpartition("=")[2] for target in aspire.targets)


def slowly(connection: Connection) -> None:
    while connection.read_request():
        threading.Event().wait(0.1)  # a usual way to Aspire and back
        connection.send(reply())


# Messages ---------------------------------------------------------------------------------------------------


def test_a_worker_delivers_what_a_process_commits_before_it_ends(new_shop: NewShop, broker: str) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, broker)
        with shop.worker():
            shop.run("owe(3)\nengines.kick()")
            shop.until_all_are("accepted")

    assert received(aspire) == {"1": 1, "2": 1, "3": 1}


def test_a_message_that_is_lost_costs_only_the_time_until_the_periodic_task(new_shop: NewShop, broker: str) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, broker)
        shop.run("owe(2)\nengines.kick()")
        assert shop.purge() == 1
        with shop.worker("--beat", BEAT_EVERY="1"):
            shop.until_all_are("accepted")

    assert len(aspire.requests) == 2


def test_messages_that_come_in_numbers_send_nothing_twice(new_shop: NewShop, broker: str) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, broker)
        shop.run(
            "from tracking.postbacks.engines.celery import send_message\nowe(100)\nfor _ in range(20): send_message()"
        )
        with shop.worker("--concurrency", "4") as worker:
            until(lambda: worker.log.count("succeeded in") == 20, "all messages are taken")

    assert set(received(aspire).values()) == {1}
    assert shop.states == ["accepted"] * 100


def test_a_message_that_comes_late_delivers_all_that_is_due_by_then(new_shop: NewShop, redis: Redis) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, redis.url)
        shop.run("owe(1)\nengines.kick()")
        shop.run("owe(1)")
        with shop.worker():
            shop.until_all_are("accepted")


def test_a_burst_of_orders_sends_few_messages_and_the_last_order_has_one_after_it(
    new_shop: NewShop, redis: Redis
) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, redis.url)
        with shop.worker() as worker:
            shop.run("for _ in range(50):\n    owe(1)\n    engines.kick()")
            shop.until_all_are("accepted")

    assert worker.log.count("received") <= 5


# Brokers that are down --------------------------------------------------------------------------------------

BLOCKED = 0.4  # seconds; the least that a checkout would wait for a broker that is away
CHECKOUT = """
import json
owe(1)
began = time.perf_counter()
for _ in range(1000): engines.kick()
took = time.perf_counter() - began
print(json.dumps({"took": took, "ending": time.time()}))
"""


def test_a_checkout_does_not_notice_a_broker_that_is_down(new_shop: NewShop, redis: Redis) -> None:
    redis.kill()
    try:
        with FaultServer(always(reply())) as aspire:
            shop = new_shop(aspire, redis.url)
            told = json.loads(shop.run(CHECKOUT))
    finally:
        redis.start()

    assert told["took"] < BLOCKED
    assert shop.states == ["pending"]


def test_a_checkout_does_not_notice_a_broker_that_says_nothing(new_shop: NewShop, redis: Redis) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, redis.url)
        redis.pause()
        try:
            told = json.loads(shop.run(CHECKOUT))
            took_to_end = time.time() - told["ending"]
        finally:
            redis.resume()

    assert told["took"] < BLOCKED
    assert took_to_end < 12  # the grace of two seconds on a busy machine; the broker would be waited for longer
    assert shop.states == ["pending"]


def test_a_broker_that_is_down_is_told_of_once_and_woken_again_once_it_is_back(new_shop: NewShop, redis: Redis) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, redis.url)
        redis.kill()
        process = shop.start(
            """
            owe(1)
            engines.kick()
            print("committed", flush=True)
            while Postback.objects.filter(status="pending").exists():
                engines.kick()
                time.sleep(0.05)
            """,
            QUIET="0.05",
        )
        with process:
            try:
                assert process.stdout
                assert process.stdout.readline() == "committed\n"
                assert process.stderr
                assert "does not take messages" in process.stderr.readline()
                threading.Event().wait(1)  # many more orders meanwhile
            finally:
                redis.start()
            with shop.worker():
                shop.until_all_are("accepted")
            _out, errors = process.communicate(timeout=60)

    assert "does not take messages" not in errors
    assert errors.count("takes messages again") == 1
    assert received(aspire) == {"1": 1}


def test_a_worker_outlives_its_broker(new_shop: NewShop, redis: Redis) -> None:
    with FaultServer(always(reply())) as aspire:
        shop = new_shop(aspire, redis.url)
        with shop.worker() as worker:
            redis.kill()
            redis.start()
            shop.run("owe(2)\nengines.kick()")
            shop.until_all_are("accepted")
            assert worker.process.poll() is None

    assert received(aspire) == {"1": 1, "2": 1}


# Workers that end -------------------------------------------------------------------------------------------


def test_a_worker_that_is_killed_leaves_what_it_was_sending_unconfirmed(new_shop: NewShop, broker: str) -> None:
    with FaultServer(silent) as aspire:
        shop = new_shop(aspire, broker)
        with shop.worker() as worker:
            shop.run("owe(3)\nengines.kick()")
            until(lambda: len(aspire.requests) == 3, "all are under way")
            worker.kill()
        assert shop.states == ["sending"] * 3
        shop.machine.expire_leases()
        with shop.worker("--beat", BEAT_EVERY="1"):
            shop.until_all_are("unconfirmed")

    assert set(received(aspire).values()) == {1}


@pytest.mark.parametrize("whole_group", [False, True], ids=["the worker", "its pool too"])
def test_a_worker_that_is_told_to_end_claims_no_more_and_settles_what_is_under_way(
    new_shop: NewShop, broker: str, whole_group: bool
) -> None:
    with FaultServer(slowly) as aspire:
        shop = new_shop(aspire, broker)
        with shop.worker("--concurrency", "1") as worker:
            shop.run("owe(2000)\nengines.kick()")
            until(lambda: len(aspire.requests) >= 20, "it is in the midst of them")
            assert worker.stop(whole_group=whole_group) == 0
        states = Counter(shop.states)
        assert set(states) == {"accepted", "pending"}
        assert states["accepted"] == len(aspire.requests)


def test_a_run_that_has_had_its_time_hands_over_to_another(new_shop: NewShop, redis: Redis) -> None:
    with FaultServer(slowly) as aspire:
        shop = new_shop(aspire, redis.url)
        with shop.worker(LONGEST_RUN="0.2") as worker:
            shop.run("owe(60)\nengines.kick()")
            shop.until_all_are("accepted")
            until(lambda: worker.log.count("received") == worker.log.count("succeeded in"), "the last run ends")

    assert set(received(aspire).values()) == {1}
    assert worker.log.count("succeeded in") >= 2
