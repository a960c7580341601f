"""Free loopback ports that stay free across a restart."""

import random
import socket

# Below the range the kernel takes outgoing ports from, so that no client connection can sit on
# a server's port while that server is down.
_PORTS = range(20000, 32000)
_random = random.SystemRandom()


def free_port(*, in_a_row: int = 1) -> int:
    """The first of `in_a_row` neighbouring ports nobody listens on."""
    while True:
        first = _random.choice(_PORTS)
        if all(is_free(port) for port in range(first, first + in_a_row)):
            return first


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
