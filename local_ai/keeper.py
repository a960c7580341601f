"""Says so when the model's server ends before ours does."""

import subprocess
import sys


def main() -> int:
    code = subprocess.call([sys.executable, "-m", "local_ai.model"])
    if code:
        sentence = "no question is answered until it is started anew"
        print(f"The local model's server has ended ({code}): {sentence}.", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
