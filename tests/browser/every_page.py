"""Every page there is, and what can be open or wrong on it: `STATES` by the name of its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import SitDown
from tests.browser.person import Person

ALL_KINDS = "# Soup\n\n- *one*\n- `two` https://example.com\n\n> said\n\n| a |\n|-|\n| 1 |"


@dataclass(frozen=True)
class Stage:
    """A chat in which much has happened; `paths` are the addresses that have something in them."""

    people: Mapping[str, Person]
    paths: Mapping[str, str]


@dataclass(frozen=True)
class State:
    """A page as `who` sees it: at `path`, a name of the stage or an address, after `act`."""

    who: str
    path: str
    act: Callable[[Page], None] = lambda page: None


def set_the_stage(sit_down: SitDown) -> Stage:
    people = {name: sit_down(name) for name in ("ann", "bob", "eve", "mod")}
    people["guest"] = sit_down("ann")
    people["guest"].context.clear_cookies()
    ann, bob, mod = (people[name] for name in ("ann", "bob", "mod"))
    for person in (ann, bob, mod):
        person.page.goto(f"{person.url}/accounts/")
    rude, gone = (_post(bob, f"{bob.api}messages/", _said(n))["message"] for n in ("rude", "gone"))
    for message in (rude, gone):
        _post(ann, f"{ann.api}messages/{message['messageId']}/report/", {"reason": "It is rude"})
    _decide(mod, {"verb": "remove", "messageIds": [gone["messageId"]]})
    about = {"userId": rude["author"]["id"], "chatId": ann.chat.id}
    _decide(mod, {"verb": "warn", **about})
    _post(ann, f"{ann.api}filter/", {"words": ["darn"], "links": False}, method="PUT")
    _post(bob, f"{bob.api}messages/", _said("darn"))
    _decide(mod, {"verb": "mute", **about})
    link = _post(ann, f"{ann.api}invitations/", {})
    _say_all_kinds(ann)
    case = rude["messageId"]
    paths = {
        "chat": ann.chat.path,
        "settings": f"{ann.chat.path}settings/",
        "search": f"{ann.chat.path}search/",
        "report": f"{ann.chat.path}messages/{case}/report/",
        "case": f"/moderation/{case}/",
        "invitation": f"/invitations/{link['token']}/",
    }
    return Stage(people, paths)


def _said(words: str) -> dict[str, str]:
    return {"type": "user", "clientMessageId": words, "content": words}


def _post(person: Person, url: str, body: dict[str, Any], method: str = "POST") -> dict[str, Any]:
    answer = person.context.request.fetch(url, method=method, data=body, headers=person.csrf)
    return answer.json() if answer.body() else {}


def _decide(mod: Person, decision: dict[str, Any]) -> None:
    made = _post(mod, f"{mod.url}/api/v1/moderation/decisions/", {"reason": "Be kind"} | decision)
    assert made["decisions"], made


def _say_all_kinds(person: Person) -> None:
    person.open_chat()
    for words in (ALL_KINDS, "/ai Who is there?", "https://youtu.be/dQw4w9WgXcQ"):
        person.box.fill(words)
        person.box.press("Enter")
    answer = person.page.locator("#messages > li[data-type=ai]").last
    expect(answer).to_have_attribute("data-state", "completed")
    expect(person.page.locator("#messages .video img[src]")).to_be_visible()


# --- what is done on a page, whatever its language ------------------------------------------------


def _is_in_step(page: Page) -> None:
    page.locator("#status[data-state=inStep]").wait_for()


def _write_a_reply(page: Page) -> None:
    """The bar of actions, a quote over the box, and a text that is too long in it."""
    _is_in_step(page)
    page.locator("#messages > li[data-own] .content").first.hover()
    page.locator("[data-act=reply]").click()
    page.locator("#content").fill("y" * 16_390)


def _fail_to_send(page: Page) -> None:
    _is_in_step(page)
    page.locator("#content").fill("x" * 16_385)
    page.locator("#content").press("Enter")
    page.locator("[data-act=takeBack]").wait_for()


def _take_back(page: Page) -> None:
    _is_in_step(page)
    page.locator("[data-act=takeBack]").first.click()
    page.locator("#content").fill("")


def _remove(page: Page) -> None:
    _is_in_step(page)
    page.locator("#messages > li[data-own] .content").first.hover()
    page.locator("[data-act=remove]").click()


def _tell_of_a_problem(page: Page) -> None:
    _is_in_step(page)
    page.locator("#report").click()
    page.locator("#report-words").fill("Nothing, really.")


def _submit(selector: str, **values: str) -> Callable[[Page], None]:
    """Fills in what is named, and sends the form with that button, whatever the browser thinks."""

    def act(page: Page) -> None:
        for name, value in values.items():
            page.locator(f"[name={name}]:visible").first.fill(value)
        button = page.locator(selector).first
        button.evaluate("button => button.form.noValidate = true")
        with page.expect_navigation():
            button.click()

    return act


WRONG = {"username": "ann", "password": "wrong"}
OTHER = {"old_password": "wrong", "new_password1": "x", "new_password2": "y"}
PASSWORD = "form:has([value=password]) button"
TOKEN = "form:has([value=create]) button"

# The first of each is the page as it is opened.
STATES: dict[str, tuple[State, ...]] = {
    "chats": (State("ann", "/"), State("eve", "/")),
    "new-chat": (
        State("ann", "/new/"),
        State("ann", "/new/", _submit("main .primary", people="nobody")),
    ),
    "chat": (
        State("ann", "chat", _is_in_step),
        State("bob", "chat", _is_in_step),  # muted, and told why
        State("ann", "chat", _write_a_reply),
        State("ann", "chat", _remove),
        State("ann", "chat", _tell_of_a_problem),
        State("ann", "chat", _fail_to_send),
        State("ann", "chat", _take_back),
        State("ann", "/chats/demo/?after=1"),
        State("ann", "/chats/nowhere/"),
    ),
    "report": (
        State("ann", "report"),
        State("ann", "report", _submit("main .primary")),
        State("ann", "report", _submit("main .primary", reason="It is rude")),
    ),
    "moderation": (
        State("mod", "/moderation/"),
        State("mod", "/moderation/?state=decided"),
        State("mod", "/moderation/", _submit("[value=dismiss]")),
    ),
    "case": (State("mod", "case"),),
    "chat-settings": (
        State("ann", "settings"),
        State("bob", "settings"),
        State("ann", "settings", _submit("[value=add]", name="nobody")),
    ),
    "invitation": (State("eve", "invitation"), State("eve", "/invitations/none/")),
    "search": (
        State("ann", "search"),
        State("ann", "/chats/demo/search/?q=e"),
        State("ann", "/chats/demo/search/?q=nothing-like-it"),
        State("ann", f"/chats/demo/search/?q={'e' * 101}"),
    ),
    "account": (
        State("ann", "/accounts/"),
        State("ann", "/accounts/?changed", _submit(TOKEN, name="Cron")),
        State("ann", "/accounts/", _submit(PASSWORD, **OTHER)),
        State("ann", "/accounts/", _submit(TOKEN)),
    ),
    "login": (
        State("guest", "/accounts/login/"),
        State("guest", "/accounts/login/", _submit(".primary", **WRONG)),
    ),
}
