"""`make audit`: a known hole fails it, and where nobody can tell of holes, one line says so."""

import json
import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parents[2]
HOLES = {("django", "3.2.0"), ("idna", "3.6")}
NOBODY = "http://127.0.0.1:9"  # "discard", where nothing listens


class Advisories(BaseHTTPRequestHandler):
    """As OSV answers: what is known of one release of one package."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name, version = asked["package"]["name"], asked["version"]
        affected = [{"package": {"name": name, "ecosystem": "PyPI"}}]
        hole = {"id": f"HOLE-{name}", "summary": "Open to anybody", "affected": affected}
        body = json.dumps({"vulns": [hole]} if (name, version) in HOLES else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def advisories() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()


def audit(pin: str, tmp_path: Path, osv_url: str) -> subprocess.CompletedProcess[str]:
    pins = tmp_path / "requirements.txt"
    pins.write_text(pin)
    urls = {"PYPI_URL": NOBODY, "OSV_URL": osv_url, "no_proxy": "127.0.0.1"}
    command = [".ci/audit", str(pins)]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | urls, capture_output=True, text=True, check=False
    )


def test_a_known_hole_fails_it_and_none_does_not(advisories: str, tmp_path: Path) -> None:
    found = audit("idna==3.6", tmp_path, advisories)
    assert (found.returncode, "HOLE-idna" in found.stdout) == (1, True), found
    assert audit("idna==3.7", tmp_path, advisories).returncode == 0


def test_where_nobody_can_tell_one_line_says_so(tmp_path: Path) -> None:
    left_out = audit("idna==3.6", tmp_path, NOBODY)
    assert (left_out.returncode, left_out.stdout) == (0, "")
    assert left_out.stderr.count("\n") == 1
    assert "were not audited" in left_out.stderr
