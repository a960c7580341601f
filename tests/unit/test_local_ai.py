"""`make run AI=local` says what it is before it downloads anything, and what is missing."""

import re
import subprocess
import sys

from local_ai.__main__ import MISSING
from tests.shapes.environment import clean
from tests.shapes.server import ROOT


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, cwd=ROOT, env=clean(), capture_output=True, text=True
    )


def test_size_and_terms_are_said_before_anything_is_downloaded() -> None:
    steps = run("make", "--dry-run", "--always-make", "run", "AI=local").stdout
    assert steps.index("cat local_ai/terms.txt") < steps.index("pip install --only-binary")
    assert steps.index("pip install --only-binary") < steps.index("python -m local_ai")
    terms = (ROOT / "local_ai" / "terms.txt").read_text()
    assert re.search(r"\d+ MB.*not open source.*Gemma Terms of Use", terms, re.DOTALL)


def test_make_knows_no_other_ai() -> None:
    assert "there is AI=local alone" in run("make", "--dry-run", "run", "AI=gpt").stderr
    assert "local_ai" not in run("make", "--dry-run", "run").stdout


def test_what_is_not_installed_is_named_in_one_line() -> None:
    without_packages = run(sys.executable, "-S", "-m", "local_ai")
    assert (without_packages.returncode, without_packages.stderr) == (1, f"{MISSING}\n")
