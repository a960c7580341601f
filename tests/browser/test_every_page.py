"""Every page and what may be open on it, for everybody: axe-core, 400 %, and nothing that moves."""

import json
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from pathlib import Path

from django.template.loader import render_to_string
from django.utils import translation
from playwright.sync_api import Page, Route

from messages.pages.urls import urlpatterns
from tests.browser.conftest import SitDown
from tests.browser.every_page import STATES, Stage, State, set_the_stage

ROOT = Path(__file__).resolve().parents[2]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOURS = ["color-contrast", "link-in-text-block"]
LANGUAGES = ("en", "pt-br")
DESKTOP = {"width": 1280, "height": 800}
NARROW = {"width": 320, "height": 256}  # the same at 400 %

# Addresses that answer with something else than a page of their own.
NO_PAGES = {"told", "decide", "undo-decision", "decide-held", "thumbnail", "set-language", "logout"}
# 429 and 503 have none: they are the page that was asked for, with the reason.
ERRORS = sorted(path.name for path in (ROOT / "templates").glob("[0-9]*.html"))

_MOVES = """() => document.getAnimations().length > 0 ||
    [...document.querySelectorAll("*")].some(element =>
        getComputedStyle(element).scrollBehavior === "smooth")"""
_IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"
_IS_WIDE = """() => document.documentElement.scrollWidth > document.documentElement.clientWidth"""


def test_every_page_has_a_row() -> None:
    names = {pattern.name for pattern in urlpatterns}
    assert names - NO_PAGES == set(STATES)
    assert names >= NO_PAGES


def test_no_page_has_anything_that_keeps_somebody_out(sit_down: SitDown) -> None:
    stage = set_the_stage(sit_down)
    for person in stage.people.values():
        person.page.emulate_media(reduced_motion="reduce")
    found = [
        (language, where, *what)
        for language in LANGUAGES
        for where, page in _pages(stage, language)
        if (what := faults(page))
    ]
    assert found == []


def _pages(stage: Stage, language: str) -> Iterator[tuple[str, Page]]:
    for person in stage.people.values():
        cookie = {"name": "django_language", "value": language, "url": person.url}
        person.context.add_cookies([cookie])
    for name, states in STATES.items():
        for number, state in enumerate(states):
            yield f"{name} {number}", _open(stage, state)
    guest = stage.people["guest"]
    with translation.override(language):
        for name in ERRORS:
            guest.page.route("**/error/", partial(_answer, body=render_to_string(name)))
            guest.page.goto(f"{guest.url}/error/")
            yield name, guest.page


def _answer(route: Route, *, body: str) -> None:
    route.fulfill(body=body, content_type="text/html; charset=utf-8")


def _open(stage: Stage, state: State) -> Page:
    person = stage.people[state.who]
    person.page.set_viewport_size(DESKTOP)
    person.page.goto(f"{person.url}{stage.paths.get(state.path, state.path)}")
    state.act(person.page)
    return person.page


def faults(page: Page) -> list[str]:
    """Of the page as it is now. A theme is other colours, so in the dark those are looked at."""
    page.emulate_media(color_scheme="light")
    page.evaluate(AXE)
    found = complaints(page, "tag", RULES)
    page.emulate_media(color_scheme="dark")
    found += ["something moves"] if page.evaluate(_MOVES) else []
    found += complaints(page, "rule", OF_COLOURS)
    page.set_viewport_size(NARROW)
    found += ["wider than the window"] if page.evaluate(_IS_WIDE) else []
    return found + complaints(page, "rule", ["target-size"])


def complaints(page: Page, kind: str, names: list[str]) -> list[str]:
    """What axe-core finds wrong by these rules, in which theme."""
    options = {"runOnly": {"type": kind, "values": names}, "resultTypes": ["violations"]}
    script = f"async () => (await axe.run(document, {json.dumps(options)})).violations"
    scheme = "dark" if page.evaluate(_IS_DARK) else "light"
    return [
        f"{scheme} {violation['id']}: {[node['target'] for node in violation['nodes']]}"
        for violation in page.evaluate(script)
    ]
