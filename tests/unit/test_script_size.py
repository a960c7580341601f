"""How much script the pages carry, all of it together and as it is written."""

from pathlib import Path

MOST = 120 * 1024


def test_all_script_together_stays_small() -> None:
    script = Path(__file__).parents[2] / "static" / "js"
    size = sum(path.stat().st_size for path in script.rglob("*.js"))
    assert 0 < size <= MOST
