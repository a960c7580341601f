"""docs/security.md names tests that exist, one at least for each line."""

import ast
import re
from functools import cache

import pytest

from tests.shapes.server import ROOT

WALK = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", WALK)))


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize("path,name", NAMED)
def test_every_test_that_is_named_is_there(path: str, name: str) -> None:
    assert (ROOT / path).exists()
    assert not name or name in functions_of(path)


def test_every_line_names_one() -> None:
    lines = [line for line in WALK.splitlines() if re.match(r"\| \d", line)]
    assert len(lines) > 30
    assert [line for line in lines if "`tests/" not in line] == []
