"""Medians and ratios of the runs, as Markdown and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.scenarios import Run, Scenario


def line(run: Run) -> str:
    """One run, as it comes in; what went wrong below it."""
    values = "  ".join(f"{name} {_number(value)}" for name, value in run.values.items())
    wrong = "".join(f"\n     ! {problem[:200]}" for problem in run.problems[:5])
    return f"{run.round}  {run.scenario}  {run.system:<15} {values}{wrong}"


def table(scenario: Scenario, runs: Sequence[Run]) -> str:
    """Medians of one scenario, with ratios where there is somebody to compare with.

    `per CPU s` is the figure divided by the share of a core that the system really got: the one
    to look at when the machine is not ours alone.
    """
    medians = {system: _medians(scenario, system, runs) for system in scenario.systems}
    medians = {system: values for system, values in medians.items() if values}
    base = medians.get(scenario.against or "")
    headings = ["system", scenario.figure, "lowest, highest", "per CPU s"]
    headings += [f"× {scenario.against}", "per CPU s"] if base else []
    headings += ["KiB each"] if scenario.name == "S3" else []
    rows = [f"\n{scenario.name}: {scenario.title}\n", *_head(headings)]
    for system, values in medians.items():
        cells = [system, _number(values["figure"]), _span(values), _number(values["efficiency"])]
        if base:
            cells += [_ratio(values, base, name) for name in ("figure", "efficiency")]
        cells += [f"{values['kib_each']:.1f}"] if "kib_each" in values else []
        rows.append(_row(cells))
    return "\n".join(rows)


def costs(micro: Mapping[str, float]) -> str:
    rows = [_row((name, f"{cost:.2f}")) for name, cost in micro.items()]
    return "\n".join(["", *_head(["step", "cost"]), *rows])


def save(path: Path, runs: Sequence[Run], micro: Mapping[str, float]) -> None:
    everything = {"runs": [asdict(run) for run in runs], "micro": dict(micro)}
    path.write_text(json.dumps(everything, indent=1) + "\n")


def _medians(scenario: Scenario, system: str, runs: Sequence[Run]) -> dict[str, float]:
    runs = [run for run in runs if (run.scenario, run.system) == (scenario.name, system)]
    if not runs:
        return {}
    figures = [run.values[scenario.figure] for run in runs]
    shares = [max(run.values["server_cpu"], 0.01) for run in runs]
    values = {
        "figure": median(figures),
        "efficiency": median(f / share for f, share in zip(figures, shares, strict=True)),
        "lowest": min(figures),
        "highest": max(figures),
    }
    if "kib_each" in runs[0].values:
        values["kib_each"] = median(run.values["kib_each"] for run in runs)
    return values


def _head(headings: Sequence[str]) -> list[str]:
    return [_row(headings), _row(["---"] + ["---:"] * (len(headings) - 1))]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _span(values: Mapping[str, float]) -> str:
    return f"{_number(values['lowest'])}, {_number(values['highest'])}"


def _ratio(values: Mapping[str, float], base: Mapping[str, float], name: str) -> str:
    ratio = values[name] / base[name]
    return f"{ratio:.3f}" if ratio < 0.1 else f"{ratio:.2f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
