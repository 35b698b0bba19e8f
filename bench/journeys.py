"""What a journey costs, beside the least that Temporal lets it cost: `python -m bench.journeys --help`.

The two-message path (start event, wait, send, wait for a signal, send, end) runs three ways against one dev
server, in turns: by hand with no-op sends, by hand with real HTTP sends, and as a journey of Sojourn. A ratio is
of two bursts of the same round, so that what else the machine does falls out of it.
"""

import argparse
import asyncio
import sys
from dataclasses import dataclass

import uvloop

from bench.crew import Crew, WentWrong
from bench.measures import Found, burst, history, paced, parked_memory
from bench.place import WAYS, Place
from bench.processes import ChildEnded
from bench.table import show
from starter.local.programs import LocalPartFailed

_WARM_UP = 20
_HISTORIES = 10


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    rounds: int
    journeys: int
    in_flight: int
    paced: int
    pace: float
    parked: int


async def bench(size: Size) -> dict[str, Found]:
    """Measure every way."""
    found = {way: Found() for way in WAYS}
    async with Place.open() as place:
        async with place.crews(WAYS) as crews:
            await _run_rounds(place, crews, size, found)
        await _park(place, size, found)
    return found


async def _run_rounds(place: Place, crews: dict[str, Crew], size: Size, found: dict[str, Found]) -> None:
    for way, crew in crews.items():
        await burst(crew, _keys(f"{way}-warm", _WARM_UP), size.in_flight, place.server, place.vendor)
    for number in range(size.rounds):
        # Each way goes first, second and last in turn.
        shift = number % len(WAYS)
        for way in (*WAYS[shift:], *WAYS[:shift]):
            keys = _keys(f"{way}-{number}", size.journeys)
            made = await burst(crews[way], keys, size.in_flight, place.server, place.vendor)
            found[way].bursts.append(made)
            walks = await paced(crews[way], _keys(f"{way}-{number}-paced", size.paced), size.pace)
            found[way].latencies += [walk.answered - walk.signalled for walk in walks]
            found[way].histories += [await history(place.client, w.workflow_id) for w in walks[:_HISTORIES]]
            print(f"round {number + 1}: {way} {made.journeys_per_second:.1f} journeys/s", flush=True)


async def _park(place: Place, size: Size, found: dict[str, Found]) -> None:
    for way in WAYS if size.parked else ():
        async with place.crews([way]) as crews:
            # What a worker loads once is no part of what a run costs.
            await paced(crews[way], _keys(f"{way}-ready", _WARM_UP), size.pace)
            keys = _keys(f"{way}-parked", size.parked)
            found[way].parked = await parked_memory(crews[way], keys, size.in_flight)
            print(f"parked: {way}", flush=True)


def _keys(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


def _size() -> Size:
    parser = argparse.ArgumentParser(
        prog="python -m bench.journeys",
        description="Measure what a journey costs beside the least that Temporal lets it cost.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is measured, in turns")
    parser.add_argument("--journeys", type=int, default=200, help="journeys in a burst")
    parser.add_argument("--in-flight", type=int, default=80, help="journeys under way at a time in a burst")
    parser.add_argument("--paced", type=int, default=60, help="journeys a round for the latency of signals")
    parser.add_argument("--pace", type=float, default=4, help="how many of those start a second")
    parser.add_argument("--parked", type=int, default=10_000, help="parked runs; 0 leaves the memory out")
    parser.add_argument("--quick", action="store_true", help="two rounds of little: about three minutes")
    given = parser.parse_args()
    if given.quick:
        return Size(rounds=2, journeys=80, in_flight=60, paced=20, pace=4, parked=500)
    return Size(given.rounds, given.journeys, given.in_flight, given.paced, given.pace, given.parked)


def main() -> None:
    """Measure, and print the ways side by side."""
    size = _size()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(bench(size))
    except (LocalPartFailed, ChildEnded, WentWrong) as failure:
        sys.exit(f"Nothing was measured: {failure}")
    show(found, size.parked)


if __name__ == "__main__":
    main()
