"""What a page of 50 messages costs, as a whole HTTP request on a connection kept open."""

import http.client
import socket
import time
from statistics import median

from benchmarks import traffic
from benchmarks.people import Seat
from benchmarks.servers import Server
from benchmarks.traffic import Shape

MESSAGES, PAGE = 200, 50
WARM_UP, REQUESTS = 30, 300


async def fill(server: Server, seat: Seat) -> None:
    """Messages enough for several pages, said by the chat's one member."""
    loads = traffic.loads_for(server, [seat], Shape(chats=1, members=1, in_flight=20))
    await traffic.connect(server, [seat], loads)
    load = loads[seat.chat]
    for _ in range(MESSAGES):
        load.publish()
    await traffic.drain([load])
    problems = load.problems()
    traffic.leave(loads)
    if problems:
        raise RuntimeError(problems[0])


def milliseconds(server: Server, seat: Seat) -> float:
    """Median time from the request's first byte sent to the answer's last byte read."""
    connection = http.client.HTTPConnection(server.host, server.port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    path = f"/api/v1/chats/{seat.chat}/messages/?limit={PAGE}"
    times = []
    for _ in range(WARM_UP + REQUESTS):
        start = time.perf_counter()
        connection.request("GET", path, headers=seat.headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append(time.perf_counter() - start)
        if answer.status != 200 or body.count(b'"messageId"') != PAGE:
            raise RuntimeError(f"{answer.status} {body[:200]!r}")
    connection.close()
    return median(times[WARM_UP:]) * 1000
