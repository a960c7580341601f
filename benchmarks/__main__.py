"""python -m benchmarks: S1 to S5 and the micro-costs, with peers, in interleaved rounds."""

import argparse
import sys
from pathlib import Path

from benchmarks import answers, memory, micro, page, report
from benchmarks.cores import GENERATOR_CORE, SERVER_CORE, take_generator_core
from benchmarks.scenarios import SCENARIOS, SYSTEMS, Run, play

NAMES = [scenario.name for scenario in SCENARIOS]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*NAMES, "micro"], default=[*NAMES, "micro"])
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="short runs, for a first look")
    parser.add_argument("--memory", action="store_true", help="the long run, and nothing else")
    parser.add_argument(
        "--page", action="store_true", help="switching chats in Chromium, and nothing else"
    )
    parser.add_argument("--answers", action="store_true", help="100 answers, and nothing else")
    parser.add_argument("--messages", type=int, default=1_000_000, help="of the long run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run there")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if options.page:
        return page.main()
    take_generator_core()
    print(
        f"server on core {SERVER_CORE}, generator on core {GENERATOR_CORE}; RATE_LIMIT_SEND raised"
    )
    if options.memory:
        return memory.main(options.messages)
    if options.answers:
        return answers.main(options.systems)
    chosen = tuple(scenario for scenario in SCENARIOS if scenario.name in options.only)
    runs: list[Run] = []
    for run in play(chosen, set(options.systems), rounds=options.rounds, quick=options.quick):
        print(report.line(run), flush=True)
        runs.append(run)
    for scenario in chosen:
        print(report.table(scenario, runs))
    costs = micro.measure() if "micro" in options.only else {}
    if costs:
        print(report.costs(costs))
    if options.json:
        report.save(options.json, runs, costs)
    return 1 if any(run.problems for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
