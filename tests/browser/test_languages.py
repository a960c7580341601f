"""Another language, and a problem reported in it, whose trace ends where the page is."""

import json
import re
import subprocess
from pathlib import Path

from playwright.sync_api import Request, expect

from tests.browser.conftest import SitDown

ROOT = Path(__file__).resolve().parents[2]


def test_a_language_is_chosen_where_one_is_and_a_problem_reported_in_it(
    sit_down: SitDown, tmp_path: Path
) -> None:
    ann = sit_down("ann", locale="en-US")
    page = ann.page
    ann.open_chat()
    expect(ann.status).to_have_text("In step")
    page.get_by_role("button", name="Português").click()
    expect(ann.status).to_have_text("Em dia")
    assert page.url.endswith(ann.chat.path)
    page.locator("#content").fill("Olá, mundo")
    page.locator("#send").click()
    said = page.locator("#messages li", has_text="Olá, mundo")
    expect(said).to_have_attribute("data-seq", re.compile("[1-9]"))
    page.get_by_role("button", name="Relatar um problema").click()
    page.get_by_label("O que aconteceu").fill("Nada, na verdade.")
    with page.expect_request("**/api/v1/problems/") as asked:
        page.get_by_role("dialog").get_by_role("button", name="Enviar").click()
    expect(page.get_by_role("dialog")).to_contain_text("Obrigado.")
    _assert_replayed(asked.value, ann.chat.id, tmp_path / "trace.json")
    page.get_by_role("button", name="Fechar").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Relatar um problema")).to_be_focused()


def _assert_replayed(request: Request, chat_id: str, file: Path) -> None:
    text = json.dumps(json.loads(request.post_data or "")["trace"])
    assert "mundo" not in text
    assert chat_id not in text
    file.write_text(text)
    done = subprocess.run(
        ["node", "tests/script/replay.js", str(file)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    ends = json.loads(done.stdout).values()
    assert "inStep" in {end["state"] for end in ends}
    assert all(end["missing"] == [] for end in ends)
