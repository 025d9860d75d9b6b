"""How much is measured: enough for figures to trust, or with `--quick` little, to see that all of it works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    rounds: int
    deliveries: int
    """Postbacks that each contender of many threads delivers in a round: some seconds, beside which its start and its
    end, when not all threads have work, count for little."""
    deliveries_of_rivals: int
    """… that each rival with a task per postback delivers, which takes several times as long for one."""
    far_deliveries_of_rivals: int
    """… where the receiver answers after 50 ms."""
    orders: int
    """Orders that a checkout process places in a round."""
    orders_while_draining: int
    latencies: int
    idle_seconds: float
    settled_rows: tuple[int, int]
    pages: int


FULL = Sizes(
    rounds=5,
    deliveries=6000,
    deliveries_of_rivals=400,
    far_deliveries_of_rivals=100,
    orders=200,
    orders_while_draining=2000,
    latencies=300,
    idle_seconds=20,
    settled_rows=(10_000, 1_000_000),
    pages=20_000,
)
QUICK = Sizes(
    rounds=1,
    deliveries=300,
    deliveries_of_rivals=60,
    far_deliveries_of_rivals=30,
    orders=30,
    orders_while_draining=100,
    latencies=20,
    idle_seconds=3,
    settled_rows=(1_000, 20_000),
    pages=2_000,
)
