"""Every sentence of ours is there in Brazilian Portuguese, as `make messages` collects them."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib
import pytest
from django.apps import apps
from django.utils.translation import override
from django.utils.translation.template import templatize

from messages.admin.names import BORROWED, NAMES
from messages.pages.words import WORDS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "locale/pt_BR/LC_MESSAGES"
DOMAINS = ("django", "djangojs")
SCRIPTS = ROOT / "messages/pages/words.py"  # the sentences of the script's catalogue
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "counted", "in_portuguese"}
REFUSALS = {
    "BadRequest",
    "TooLarge",
    "Conflict",
    "Forbidden",
    "Unavailable",
    "NotFound",
}
_IN_TEMPLATES = re.compile(r"""\bgettext\(u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")\)""")
_BLANKS = re.compile(r"%\(\w+\)[sd]|\{\w+\}|</?b>")


@pytest.fixture(scope="module", params=DOMAINS)
def domain(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def catalogue(domain: str) -> polib.POFile:
    return polib.pofile(str(FOLDER / f"{domain}.po"))


def calls(paths: Iterable[Path], *names: str) -> Iterator[ast.Call]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names and node.args:
                yield node


def code() -> set[Path]:
    return {
        path for folder in ("messages", "chatrouting") for path in (ROOT / folder).rglob("*.py")
    }


def said_in(paths: Iterable[Path]) -> set[str]:
    first = [call.args[0] for call in calls(paths, *MARKS, *REFUSALS)]
    return {a.value for a in first if isinstance(a, ast.Constant) and isinstance(a.value, str)}


def in_templates() -> set[str]:
    texts = [templatize(path.read_text()) for path in (ROOT / "templates").rglob("*.html")]
    return {ast.literal_eval(found) for text in texts for found in _IN_TEMPLATES.findall(text)}


def test_the_catalogue_has_what_the_code_says_and_nothing_else(
    domain: str, catalogue: polib.POFile
) -> None:
    said = {
        "django": said_in(code() - {SCRIPTS}) | in_templates(),
        "djangojs": said_in([SCRIPTS]),
    }[domain]
    assert len(said) > 20
    assert {entry.msgid for entry in catalogue} == said, "make messages"


def test_the_script_says_nothing_that_is_not_in_its_table() -> None:
    """Names that are put together have a point in them, and are those of states."""
    script = "".join(path.read_text() for path in (ROOT / "static/js").glob("*.js"))
    used = set(re.findall(r"(?<![/\w])words\.([a-zA-Z]+)", script))
    assert len(used) > 20
    assert used <= set(WORDS)


def test_everything_is_translated_and_nothing_is_a_guess(catalogue: polib.POFile) -> None:
    assert catalogue.untranslated_entries() == []
    assert catalogue.fuzzy_entries() == []
    assert catalogue.obsolete_entries() == []


def test_translations_keep_the_blanks(catalogue: polib.POFile) -> None:
    for entry in catalogue:
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            assert sorted(_BLANKS.findall(text)) == sorted(_BLANKS.findall(entry.msgid)), text


def test_what_is_compiled_is_what_is_written(domain: str, catalogue: polib.POFile) -> None:
    """The .mo is committed, so that pages speak Portuguese where gettext is not installed."""
    compiled = polib.mofile(str(FOLDER / f"{domain}.mo"))
    assert {e.msgid: (e.msgstr, e.msgstr_plural) for e in compiled} == {
        e.msgid: (e.msgstr, e.msgstr_plural) for e in catalogue
    }, "make messages"


def test_a_refusal_is_given_a_sentence_that_can_be_found() -> None:
    for call in calls(code(), *REFUSALS):
        said = call.args[0]
        assert not isinstance(said, ast.JoinedStr), ast.unparse(call)


@pytest.mark.parametrize("labels,names", [(["chat_messages"], NAMES), (["axes", "knox"], BORROWED)])
def test_every_model_and_field_has_a_name_in_the_admin(labels: list[str], names: set[str]) -> None:
    metas = [m._meta for label in labels for m in apps.get_app_config(label).get_models()]
    with override(None):
        of_models = {
            str(n) for meta in metas for n in (meta.verbose_name, meta.verbose_name_plural)
        }
        of_fields = {str(field.verbose_name) for meta in metas for field in meta.fields}
    assert of_models | (of_fields - {"ID"}) == names


@pytest.mark.parametrize(
    "model,field,name",
    [
        ("chat_messages.Message", "reply_to", "resposta a"),
        ("axes.AccessAttempt", "ip_address", "Endereço IP"),
        ("knox.AuthToken", "expiry", "validade"),
    ],
)
def test_the_admin_names_them_in_portuguese(model: str, field: str, name: str) -> None:
    with override("pt-br"):
        assert str(apps.get_model(model)._meta.get_field(field).verbose_name) == name
