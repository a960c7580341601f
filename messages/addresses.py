"""An address as a limit counts it, and whose a request is."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from django.http import HttpRequest

_IPV6_NETWORK = 64  # What one household is given; whoever has it has all its addresses.


def address_of(request: HttpRequest) -> str:
    """The client's, after the trusted proxies (`chatrouting.client` has put it there)."""
    return request.META.get("REMOTE_ADDR") or ""


@lru_cache(maxsize=1024)  # asked three times for each connection
def counted(address: str) -> str:
    """What counts as one place: an IPv4 address, or the network of an IPv6 address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> _IPV6_NETWORK << _IPV6_NETWORK)}/{_IPV6_NETWORK}"
