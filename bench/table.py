"""Prints what was found: the ways side by side, and what Sojourn takes of what the others take."""

import statistics
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bench.measures import Burst, Found, History

_BURSTS: dict[str, Callable[[Burst], float]] = {
    "journeys/s": lambda b: b.journeys_per_second,
    "worker CPU, ms a journey": lambda b: b.worker_cpu,
    "server CPU, ms a journey": lambda b: b.server_cpu,
    "vendor CPU, ms a journey": lambda b: b.vendor_cpu,
    "starter CPU, ms a journey": lambda b: b.starter_cpu,
}
_HISTORIES: dict[str, Callable[[History], float]] = {
    "history events": lambda h: h.events,
    "workflow tasks": lambda h: h.workflow_tasks,
    "bytes of history": lambda h: h.size_bytes,
}


def show(found: Mapping[str, Found], parked: int) -> None:
    """Print the table. `found` has the bare way first and Sojourn last; `parked` is how many runs were parked."""
    table = Table("", *found, *(f"{list(found)[-1]} / {way}" for way in list(found)[:-1]))
    table.columns[0].no_wrap = True
    for column in table.columns[1:]:
        column.justify = "right"
    for name, value in _HISTORIES.items():
        _add(table, name, [[statistics.median(map(value, f.histories))] for f in found.values()])
    for name, value in _BURSTS.items():
        _add(table, name, [[value(burst) for burst in f.bursts] for f in found.values()])
    for percent in (50, 99):
        latencies = [[_percentile(f.latencies, percent) * 1000] for f in found.values()]
        _add(table, f"signal to next send p{percent}, ms", latencies)
    memory = [f.parked for f in found.values() if f.parked]
    if memory:
        _add(table, f"worker MB with {parked:,} parked runs", [[m.after / 2**20] for m in memory])
        _add(table, "of it for these runs", [[(m.after - m.before) / 2**20] for m in memory])
    Console().print(table)


def _add(table: Table, name: str, ways: Sequence[Sequence[float]]) -> None:
    """A line of medians, and of the medians of the ratios of each round."""
    ours = ways[-1]
    ratios = [_ratio(ours, theirs) for theirs in ways[:-1]]
    table.add_row(name, *(_brief(statistics.median(values)) for values in ways), *ratios)


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    pairs = list(zip(ours, theirs, strict=True))
    return f"{statistics.median(a / b for a, b in pairs):.2f}" if all(b for _, b in pairs) else "-"


def _brief(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
