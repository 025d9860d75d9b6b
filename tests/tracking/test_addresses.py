"""Which addresses postbacks may go to."""

import pytest

from tracking.postbacks.addresses import is_loopback_name, is_public

PUBLIC = [
    "1.1.1.1",
    "93.184.216.34",
    "223.255.255.254",
    "2606:4700::1111",
    "2a00:1450:4001:82a::200e",
    "::ffff:1.1.1.1",
]

NOT_PUBLIC = {
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "loopback": "127.0.0.1",
    "loopback, elsewhere": "127.8.8.8",
    "this network": "0.0.0.0",
    "link-local": "169.254.1.1",
    "cloud metadata": "169.254.169.254",
    "CGNAT": "100.64.0.1",
    "CGNAT's end": "100.127.255.254",
    "documentation": "192.0.2.1",
    "benchmarks": "198.18.0.1",
    "multicast": "224.0.0.1",
    "global multicast": "233.252.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "v6 loopback": "::1",
    "v6 unspecified": "::",
    "v6 link-local": "fe80::1",
    "v6 link-local with a zone": "fe80::1%eth0",
    "v6 site-local": "fec0::1",
    "v6 unique local": "fd00::1",
    "v6 multicast": "ff02::1",
    "v6 global multicast": "ff0e::1",
    "v6 documentation": "2001:db8::1",
    "v6 discard": "100::1",
    "v4-mapped private": "::ffff:10.0.0.1",
    "v4-mapped loopback": "::ffff:127.0.0.1",
    "v4-compatible loopback": "::127.0.0.1",
    "v4-translated loopback": "::ffff:0:127.0.0.1",
    "NAT64 of loopback": "64:ff9b::7f00:1",
    "NAT64 of a public one": "64:ff9b::101:101",
    "local NAT64": "64:ff9b:1::7f00:1",
    "6to4 of loopback": "2002:7f00:1::1",
    "6to4 of a public one": "2002:101:101::1",
    "Teredo": "2001::1",
}


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", list(NOT_PUBLIC.values()), ids=list(NOT_PUBLIC))
def test_no_other_address_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("shop.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost.example.com", False),
        ("notlocalhost", False),
        ("10.0.0.1", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_only_names_that_cannot_mean_another_machine_are_loopback(host: str, is_loopback: bool) -> None:
    assert is_loopback_name(host) is is_loopback
