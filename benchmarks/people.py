"""Who takes part: people and chats made beside the server under test, and their sign-in headers."""

import json
from dataclasses import dataclass

from benchmarks.servers import Server, run_module


@dataclass(frozen=True)
class Seat:
    """One member of one chat, and the headers that sign them in."""

    chat: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Crowd:
    """`headers` per person, `chats` in the order asked for."""

    headers: list[dict[str, str]]
    chats: list[str]


def seed(server: Server, people: int, chats: list[list[int]]) -> Crowd:
    """New people with sessions of their own, and chats of those people (by number)."""
    if not server.environment.get("DATABASE_URL"):  # raw and naive know neither people nor chats
        return Crowd([{} for _ in range(people)], [f"room{n}" for n, _ in enumerate(chats)])
    plan = json.dumps({"people": people, "chats": chats})
    made = json.loads(run_module(["benchmarks.seed"], server.environment, given=plan))
    origin = f"http://{server.host}:{server.port}"
    headers = [
        {"Cookie": f"sessionid={key}; __Host-sessionid={key}", "Origin": origin}
        for key in made["sessions"]
    ]
    return Crowd(headers, made["chats"])


def seats(server: Server, *, chats: int, members: int) -> list[Seat]:
    """`members` people in each of `chats` chats, nobody in two."""
    groups = [list(range(n * members, (n + 1) * members)) for n in range(chats)]
    crowd = seed(server, chats * members, groups)
    return [
        Seat(crowd.chats[n], crowd.headers[person])
        for n, group in enumerate(groups)
        for person in group
    ]
