"""How things are measured here: runs that are interleaved, ratios within a round, and their
medians."""

from __future__ import annotations

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Hashable, Sequence
from random import Random
from statistics import median
from typing import Any

import attrs


def timed(run: Callable[..., Any], *arguments: Any) -> float:
    """Return the processor time of one run; its result is freed after the clock has stopped.

    Processor time, for the machine may be shared: what others take is not ours to count.
    """
    gc.collect()
    begin = time.process_time()
    result = run(*arguments)
    end = time.process_time()
    del result
    return end - begin


Times = dict[Hashable, list[float]]


def rounds_of(runs: dict[Hashable, Callable[[], float]], rounds: int) -> Times:
    """Let everyone run once in each round.

    The order changes, so that nobody always runs after the same one.
    """
    chance = Random(1)
    order = list(runs)
    times: Times = {key: [] for key in runs}
    for _ in range(rounds):
        chance.shuffle(order)
        for key in order:
            times[key].append(runs[key]())
    return times


@attrs.frozen
class Ratio:
    middle: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, above: Sequence[float], below: Sequence[float]) -> Ratio:
        """Take the ratio within each round, where both met the same machine, and only then the
        median."""
        ratios = [a / b for a, b in zip(above, below, strict=True)]
        return cls(median(ratios), min(ratios), max(ratios))

    def __str__(self) -> str:
        return f"{self.middle:8.2f}  ({self.lowest:.2f} to {self.highest:.2f})"


@attrs.frozen
class Bytes:
    """What a run takes: at its peak, and what its result keeps."""

    peak: int
    kept: int

    @classmethod
    def of(cls, run: Callable[..., Any], *arguments: Any) -> Bytes:
        """Let it run once under `tracemalloc`. What the arguments hold already is not counted."""
        gc.collect()
        tracemalloc.start()
        result = run(*arguments)
        _, peak = tracemalloc.get_traced_memory()
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del result
        return cls(peak, kept)


def note(text: str) -> None:
    """Say on stderr what goes on; stdout has the results only."""
    print(f"… {text}", file=sys.stderr, flush=True)
