"""Which network addresses a postback may go to. Plain rules."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")  # all that is given out; NAT64 and site-local lie outside
_6TO4: Final = IPv6Network("2002::/16")  # an IPv4 address can hide in it; `is_global` takes it for public


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet.

    Private, loopback, link-local, shared (CGNAT), multicast, reserved and translated (NAT64, 6to4) ones are not.
    """
    ip: IPv4Address | IPv6Address | None = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None and (ip not in _GLOBAL_UNICAST or ip in _6TO4):
            return False
        ip = ip.ipv4_mapped or ip
    return bool(ip and ip.is_global and not ip.is_multicast)


def is_loopback_name(host: str) -> bool:
    """Tell whether a host name can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
