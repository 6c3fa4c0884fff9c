"""Measure salesstatus beside what one would use instead, in the same run, and print ratios.

Before anything is measured, every candidate replays the workload once and must end with the same
statuses and the same number of refused entries as salesstatus; otherwise the run stops. Then each
candidate runs once per round, in an order that changes from round to round. A ratio is taken within
each round, and the median of the rounds is shown with the lowest and the highest. Only ratios are
printed: times say more about the machine than about the library.

examples:
  python benchmarks/run.py                                  all of it, 100,000 entries python
  benchmarks/run.py --entries 1000000 --rounds 5     the same on a million; takes a while, and about
  4 GB python benchmarks/run.py --only replay a b --rounds 15    three candidates, more rounds
  python benchmarks/run.py --only growth memory             only these two parts python
  benchmarks/run.py --only leads --leads 100000      converting leads, up to so many python
  benchmarks/run.py --only desk --deals 2000         the desk beside its port calls, in memory and
  on SQLite python benchmarks/run.py --only accounts --contacts 100000    reading and auditing an
  export, beside json.loads alone
"""

from __future__ import annotations

import argparse
import gc
import platform
import sys
from collections.abc import Callable, Hashable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import accounts
import attrs
import baselines
import leads
import tables
import workload
from measuring import Bytes, Ratio, Times, note, rounds_of, timed

from salesstatus.errors import GuardError
from salesstatus.history import Entry, Replayed, replay
from salesstatus.model import ContactId, SalesStatus
from salesstatus.transitions import transition

# salesstatus as a candidate
# --------------------------------------------------------------------------------------

_NEW = SalesStatus()


def replayed(entries: list[Entry]) -> Replayed:
    return replay(entries, on_refusal="collect")


def replayed_seen(result: Replayed) -> tuple[baselines.Statuses, int]:
    statuses = result.statuses.items()
    return baselines.seen(
        (name, status.prospect, status.customer) for name, status in statuses
    ), len(result.refused)


Loop = tuple[dict[ContactId, SalesStatus], list[tuple[int, Entry, object]]]


def looped(entries: list[Entry], statuses: dict[ContactId, SalesStatus] | None = None) -> Loop:
    """Do what an application does that hears one event at a time."""
    statuses = {} if statuses is None else statuses
    refused: list[tuple[int, Entry, object]] = []
    for position, entry in enumerate(entries):
        try:
            statuses[entry.contact] = transition(statuses.get(entry.contact, _NEW), entry.event)
        except GuardError as error:
            refused.append((position, entry, error.broken))
    return statuses, refused


def looped_seen(result: Loop) -> tuple[baselines.Statuses, int]:
    statuses, refused = result
    return baselines.seen(
        (name, status.prospect, status.customer) for name, status in statuses.items()
    ), len(refused)


# The candidates
# --------------------------------------------------------------------------------------------------


@attrs.frozen
class Candidate:
    """One way to do it.

    `once` prepares its input before all rounds and `each` before every run; only `run` is timed.
    """

    key: str
    title: str
    run: Callable[..., Any]
    seen: Callable[[Any], tuple[baselines.Statuses, int]]
    once: Callable[[list[Entry]], Any] | None = None
    each: Callable[[list[Entry]], Any] | None = None


CANDIDATES = (
    Candidate("replay", "salesstatus, replay", replayed, replayed_seen),
    Candidate("transition", "salesstatus, a loop of transition", looped, looped_seen),
    Candidate("a", "mutable dicts of sets, by hand", baselines.dicts, baselines.dicts_seen),
    Candidate("b", "naive frozen class, attrs.evolve", baselines.naive, baselines.naive_seen),
    Candidate("c", "transitions, told every change", baselines.machine, baselines.machine_seen),
    Candidate(
        "c-least",
        "transitions, told new statuses only",
        baselines.machine_seldom,
        baselines.machine_seen,
    ),
    Candidate(
        "c-rules",
        "transitions, with guards and actions",
        baselines.machine_rules,
        baselines.machine_rules_seen,
    ),
    Candidate(
        "d",
        "python-statemachine, told every change",
        baselines.machine_each,
        baselines.machine_each_seen,
        each=baselines.machines_made,
    ),
    Candidate(
        "e",
        "eventsourcing, recorded events applied",
        baselines.aggregates,
        baselines.aggregates_seen,
        once=baselines.recorded,
    ),
    Candidate(
        "e-mixed",
        "eventsourcing, in the order of time",
        baselines.aggregates_mixed,
        baselines.aggregates_seen,
        once=baselines.recorded,
    ),
)
#: Too slow for the full number of entries.
SLOW = ("d",)
PARTS = ("growth", "memory", "leads", "desk", "accounts", "tables")

#: The aims: entries → (what, beside what) → at least so many times as fast.
AIMS = {
    100_000: {
        ("replay", "a"): 0.9,
        ("replay", "b"): 3.5,
        ("replay", "c"): 12,
        ("replay", "d"): 80,
        ("replay", "e"): 4,
        ("transition", "b"): 2,
    },
    1_000_000: {
        ("replay", "a"): 0.9,
        ("replay", "b"): 2.5,
        ("replay", "c"): 5,
        ("transition", "b"): 2,
    },
}
AIM_FLAT = 1.5
AIM_MEMORY = 0.5

ACCOUNTS = (1, 10, 100, 1_000, 10_000)


# Measuring
# -------------------------------------------------------------------------------------------------------


def check(candidates: Sequence[Candidate], entries: list[Entry], prepared: dict[str, Any]) -> int:
    """Let everyone do the work once; stop the program unless all agree. Returns the number of
    refused entries."""
    statuses, refused = replayed_seen(replayed(entries))
    for candidate in candidates:
        arguments = [prepared.get(candidate.key, entries)]
        if candidate.each:
            arguments.append(candidate.each(entries))
        theirs, their_refused = candidate.seen(candidate.run(*arguments))
        del arguments
        if their_refused != refused:
            sys.exit(
                f"{candidate.title} refuses {their_refused} entries, salesstatus {refused}: nothing is measured"
            )
        if theirs != statuses:
            other = next(
                name
                for name in statuses.keys() | theirs.keys()
                if statuses.get(name) != theirs.get(name)
            )
            sys.exit(
                f"{candidate.title} says {theirs.get(other)} of {other!r}, salesstatus says {statuses.get(other)}: "
                "nothing is measured"
            )
    return refused


def compare(
    candidates: Sequence[Candidate], count: int, rounds: int, *, shared_ids: bool = False
) -> Times:
    """Check and time candidates on one workload, and print how they stand to (a).

    Returns the times.
    """
    note(f"making {count:,} entries")
    entries = workload.entries(count)
    if shared_ids:
        entries = workload.share_ids(entries)
    once = {candidate.once for candidate in candidates if candidate.once}
    if once:
        note("letting candidates prepare")
    made = {prepare: prepare(entries) for prepare in once}
    prepared = {candidate.key: made[candidate.once] for candidate in candidates if candidate.once}
    note("checking that all agree")
    refused = check(candidates, entries, prepared)
    # What is made up to here stays; frozen, it is not walked through by each collection during the
    # runs.
    gc.collect()
    gc.freeze()

    def one(candidate: Candidate) -> Callable[[], float]:
        if candidate.each is None:
            return lambda: timed(candidate.run, prepared.get(candidate.key, entries))
        each = candidate.each

        def run() -> float:
            fresh: list[Any] = []
            making[candidate.key].append(timed(lambda: fresh.append(each(entries))))
            return timed(candidate.run, entries, fresh.pop())

        return run

    making: Times = {candidate.key: [] for candidate in candidates if candidate.each}
    note(f"{rounds} rounds of {len(candidates)} candidates")
    times = rounds_of({candidate.key: one(candidate) for candidate in candidates}, rounds)
    gc.unfreeze()

    contacts = len({entry.contact for entry in entries})
    print()
    print(
        f"{count:,} entries, {contacts:,} contacts, {refused:,} entries refused by all; all agree on the statuses."
    )
    print(f"{'':52}  speed relative to (a)")
    for candidate in candidates:
        print(
            f"{candidate.key:>10}  {candidate.title:40}  {Ratio.of(times['a'], times[candidate.key])}"
        )
    for key, made in making.items():
        # Given in entries, for that is what it competes with: the machine of a contact that hears
        # ten of them.
        worth = median(
            (per_run / contacts) / (other / count)
            for per_run, other in zip(made, times["replay"], strict=True)
        )
        print(
            f"{'':10}  not counted in ({key}): making the machine of one contact takes as long as {worth:,.0f} entries in replay"
        )
    return times


def print_asked(times: dict[int, Times], count: int) -> None:
    """Print the ratios of salesstatus to the others."""
    print()
    print(f"{'':52}  times as fast                aim")
    asked = [
        ("replay", candidate.key)
        for candidate in CANDIDATES
        if candidate.key not in ("replay", "transition")
    ]
    for ours, other in [*asked, ("transition", "b")]:
        for size, of_size in times.items():
            if ours not in of_size or other not in of_size or (size != count and other not in SLOW):
                continue
            aim = AIMS.get(count, {}).get((ours, other))
            told = "" if aim is None else f"≥ {aim}"
            where = f"{ours} : ({other})" + ("" if size == count else f", {size:,} entries")
            print(
                f"{'':10}  {where:40}  {Ratio.of(of_size[other], of_size[ours])!s:26}  {told}".rstrip()
            )


def growth(count: int, rounds: int) -> None:
    """Print what an entry costs by the number of deals that its contact holds: on one contact, and
    on many."""
    # A round number, so that it divides among accounts of any size.
    least = max(ACCOUNTS) * workload.ENTRIES_PER_CONTACT
    count = max(count // least, 1) * least
    pairs = count // workload.ENTRIES_PER_CONTACT
    ways = {
        "one contact": dict.fromkeys(ACCOUNTS, 1),
        # As many deals altogether, whatever the size of an account: the processor's cache has the
        # same to hold.
        f"{pairs:,} deals altogether": {deals: pairs // deals for deals in ACCOUNTS},
    }
    candidates = [candidate for candidate in CANDIDATES if candidate.key in ("replay", "a")]
    for way, contacts in ways.items():
        note(f"making {count:,} entries for each of {len(ACCOUNTS)} sizes of account, {way}")
        made = {deals: workload.accounts(count, deals, contacts[deals]) for deals in ACCOUNTS}
        for entries in made.values():
            check(candidates, entries, {})
        gc.collect()
        gc.freeze()
        note(f"{rounds} rounds")
        times = rounds_of(
            {
                (candidate.key, deals): lambda run=candidate.run, entries=entries: timed(
                    run, entries
                )
                for deals, entries in made.items()
                for candidate in candidates
            },
            rounds,
        )
        gc.unfreeze()
        print()
        print(
            f"Cost of an entry by the deals its contact holds, relative to 1 deal; {way}, {count:,} entries each."
        )
        print(f"{'deals':>10}  {'replay':28}  (a)")
        for deals in ACCOUNTS:
            columns = [Ratio.of(times[key, deals], times[key, 1]) for key in ("replay", "a")]
            print(f"{deals:>10,}  {columns[0]!s:28}  {columns[1]}")
        middles = [
            Ratio.of(times["replay", deals], times["replay", 1]).middle for deals in ACCOUNTS
        ]
        print(f"{'':10}  replay is flat within {max(middles) / min(middles):.2f}; aim ≤ {AIM_FLAT}")


def growth_one_by_one(rounds: int) -> None:
    """Print the same for a loop of `transition`, which makes a new status of all deals with each
    event."""
    runs: dict[Hashable, Callable[[], float]] = {}
    timed_entries: dict[int, int] = {}
    for deals in ACCOUNTS:
        heard_by_all = workload.accounts(100_000, deals, 10_000 // deals)
        before = dict(
            replayed(heard_by_all[:10_000]).statuses
        )  # the first turn: all deals are associated
        naive_before = {name: baselines.Naive.like(status) for name, status in before.items()}
        entries = heard_by_all[10_000:][: 20_000 if deals <= 100 else 1_000]
        ours, _ = looped_seen(looped(entries, dict(before)))
        theirs, _ = baselines.naive_seen(baselines.naive(entries, dict(naive_before)))
        if ours != theirs:
            sys.exit(
                f"a loop of transition and (b) differ on accounts of {deals} deals: nothing is measured"
            )
        timed_entries[deals] = len(entries)
        runs["transition", deals] = lambda entries=entries, before=before: timed(
            looped, entries, dict(before)
        )
        runs["b", deals] = lambda entries=entries, before=naive_before: timed(
            baselines.naive, entries, dict(before)
        )
    gc.collect()
    gc.freeze()
    note(f"{rounds} rounds of {len(ACCOUNTS)} sizes of account, one event at a time")
    times = rounds_of(runs, rounds)
    gc.unfreeze()
    print()
    print(
        "The same for one event at a time, on accounts that hold 10,000 deals altogether; 1,000 to 20,000 entries each."
    )
    print(
        "A loop of transition copies the contact's deals with every event, so its cost grows; for many, use replay."
    )
    print(f"{'deals':>10}  {'transition':28}  transition : (b), times as fast")
    for deals in ACCOUNTS:
        scale = timed_entries[deals] / timed_entries[1]
        cost = Ratio.of(
            [spent / scale for spent in times["transition", deals]], times["transition", 1]
        )
        print(
            f"{deals:>10,}  {cost!s:28}  {Ratio.of(times['b', deals], times['transition', deals])}"
        )


def memory(count: int) -> None:
    """Print what the statuses of all contacts take, relative to (a). Refusals are not counted."""
    note("memory")
    entries = workload.entries(count)
    # Ids aside, which the entries hold already.
    ours = Bytes.of(lambda given: replayed(given).statuses, entries).kept
    theirs = Bytes.of(lambda given: baselines.dicts(given)[0], entries).kept
    print()
    print(f"Memory of the final statuses after {count:,} entries, by tracemalloc, relative to (a).")
    print(
        f"{'':10}  {'salesstatus : (a), per contact':40}  {ours / theirs:8.2f}{'':20}  ≤ {AIM_MEMORY}"
    )


# The command line
# ------------------------------------------------------------------------------------------------


def positive(text: str) -> int:
    number = int(text.replace("_", "").replace(",", ""))
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--entries",
        type=positive,
        default=100_000,
        help="entries to replay (default: 100000; growth rounds it)",
    )
    parser.add_argument(
        "--rounds", type=positive, default=7, help="rounds to take the median of (default: 7)"
    )
    parser.add_argument(
        "--slow-entries",
        type=positive,
        default=10_000,
        help="entries for (d), too slow for more; replay and (a) run on as many beside it (default: 10000)",
    )
    parser.add_argument(
        "--leads",
        type=positive,
        default=10_000,
        help="the largest number of leads to convert (default: 10000)",
    )
    parser.add_argument(
        "--contacts",
        type=positive,
        default=10_000,
        help="contacts in the export that is read (default: 10000)",
    )
    parser.add_argument(
        "--rows",
        type=positive,
        default=5_000,
        help="rows in the files that are read (default: 5000)",
    )
    parser.add_argument(
        "--deals", type=positive, default=1_000, help="deals that the desk saves (default: 1000)"
    )
    parser.add_argument(
        "--shared-ids",
        action="store_true",
        help="one string object for all equal ids, instead of one for each entry as read from a file",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="WHAT",
        choices=[*(candidate.key for candidate in CANDIDATES), *PARTS],
        help="measure only these: "
        + ", ".join(f"{candidate.key} ({candidate.title})" for candidate in CANDIDATES)
        + ", growth (cost by deals per contact), memory, leads (convert_many beside by hand), desk (beside its port calls), accounts (an export read, derived and audited beside json.loads), tables (files of rows beside csv.reader). replay and a run in any comparison, which needs them",
    )
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    options = arguments(given)
    only = options.only or [*(candidate.key for candidate in CANDIDATES), *PARTS]
    wanted = [candidate for candidate in CANDIDATES if candidate.key in (*only, "replay", "a")]
    versions = ", ".join(
        f"{name} {version(name)}"
        for name in ("attrs", "transitions", "python-statemachine", "eventsourcing")
    )
    print(f"{platform.python_implementation()} {platform.python_version()}; {versions}")
    print(
        "equal ids are one object"
        if options.shared_ids
        else "each entry has ids of its own, as read from a file"
    )
    print(f"{options.rounds} rounds; medians, and in brackets the lowest and highest round")

    if any(candidate.key in only for candidate in CANDIDATES):
        count = options.entries
        slow_count = min(count, options.slow_entries)
        slow = [candidate for candidate in wanted if candidate.key in SLOW]
        others = [candidate for candidate in wanted if candidate.key not in SLOW]
        times: dict[int, Times] = {}
        runs = {count: wanted}
        if slow and slow_count != count:
            beside = [candidate for candidate in wanted if candidate.key in ("replay", "a")]
            runs = {count: others, slow_count: [*beside, *slow]}
        for size, candidates in runs.items():
            times[size] = compare(candidates, size, options.rounds, shared_ids=options.shared_ids)
        print_asked(times, count)
    if "growth" in only:
        growth(options.entries, options.rounds)
        growth_one_by_one(options.rounds)
    if "memory" in only:
        memory(options.entries)
    if "leads" in only:
        leads.measure(options.leads, options.rounds)
    if "desk" in only:
        # What an application does with a store is measured on the store of the examples.
        sys.path.append(str(Path(__file__).parents[1] / "examples"))
        import desk

        desk.measure(options.deals, options.rounds)
    if "accounts" in only:
        accounts.measure(options.contacts, options.rounds)
    if "tables" in only:
        tables.measure(options.rows, options.rounds)


if __name__ == "__main__":
    main()
