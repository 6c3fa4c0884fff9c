"""What an audit found: all findings, the accused and the suspects, and the patch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice, starmap
from typing import Any, Final, TypeAlias, final, overload

import attrs

from salesstatus.crm.auditing.facts import Account, Known, in_order
from salesstatus.crm.auditing.patch import mend
from salesstatus.crm.auditing.possible import (
    DOUBTFUL,
    IMPOSSIBLE,
    NOTHING_STORED,
    STORED,
    UNDECIDED,
    VERDICTS,
)
from salesstatus.crm.auditing.report import Finding, Fix, Sign, Unmendable, Verdict, lines, named
from salesstatus.crm.auditing.verdicts import Court
from salesstatus.explanation import explain
from salesstatus.history.records import DealDeleted, DealSaved, EmployeeMoved, Entry, Record
from salesstatus.history.replaying import Refused
from salesstatus.model import ContactId, Deal, DealId
from salesstatus.policy import SELL, Policy
from salesstatus.ports import Standing
from salesstatus.show.terminal import counted
from salesstatus.tables.doubts import Guessed, Undecided
from salesstatus.tables.stored import Stored
from salesstatus.values import FrozenMap, InvalidError, id_order, list_of

#: What is known of the deals' past.
Past: TypeAlias = Iterable[DealSaved | DealDeleted | EmployeeMoved | Entry]
_NOBODY: Final[FrozenMap[DealId, Any]] = FrozenMap()


@final
class Findings(Sequence[Finding]):
    """Findings in the order of the contacts' ids, each made when it is looked at."""

    __slots__ = ("_find", "_positions")

    def __init__(self, find: Callable[[int], Finding], positions: Sequence[int]) -> None:
        self._find, self._positions = find, positions

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Findings: ...
    def __getitem__(self, index: int | slice) -> Finding | Findings:
        if isinstance(index, slice):
            return Findings(self._find, self._positions[index])
        return self._find(self._positions[index])

    def __repr__(self) -> str:
        return f"<Findings: {counted(len(self), 'contact')}>"


@final
@attrs.frozen(eq=False, repr=False)
class Audit:
    """What was found of each contact, those that are wrong for sure, and those that may be.

    `refused` are the records of the history that could not be; contacts that they are about are
    judged without it. `guessed` are stages whose meaning could only be guessed, those of the most
    deals first: nobody is judged by them, so to say what they mean is the first thing to do.
    """

    _court: Court
    refused: tuple[Refused, ...] = ()
    guessed: tuple[Guessed, ...] = ()

    @cached_property
    def findings(self) -> Findings:
        """All contacts, also those that deals name and that were not sent."""
        return self._findings(range(len(self._court.account.ids)))

    @cached_property
    def accused(self) -> Findings:
        """The contacts whose stored statuses are wrong for sure."""
        return self._findings(filter(self._is_accused, self._noticed))

    @cached_property
    def suspects(self) -> Findings:
        """The contacts whose statuses may be wrong; see `Finding.suspect`."""
        return self._findings(position for position in self._noticed if self._is_suspect(position))

    @cached_property
    def counts(self) -> FrozenMap[Verdict | Sign, int]:
        """How many contacts there are of each verdict, and how many of each sign."""
        verdicts = Counter(self._court.verdicts)
        signs = Counter(
            sign for clues in self._court.clues.values() for sign in {clue.sign for clue in clues}
        )
        return FrozenMap(
            {verdict: verdicts[number] for number, verdict in enumerate(VERDICTS)}
            | {sign: signs[sign] for sign in Sign}
        )

    @cached_property
    def undecided(self) -> FrozenMap[str, tuple[DealId, ...]]:
        """The deals of unknown status by the reason (``""``: none was given), the most first."""
        return FrozenMap(_by_reason(self._court.account, self._court.account.reasons))

    @property
    def exit_code(self) -> int:
        """0 if no contact is accused, else 1."""
        return int(bool(self.accused))

    def patch(self, *, suspects: bool = False) -> tuple[Fix, ...]:
        """Return the smallest manual changes that set the accused right; nothing is applied.

        Each change is accepted by the guards, in its turn. They lead to what a complete history
        says, else to the nearest state that can be, with derived statuses where there is a choice.
        `suspects`: those too, to what is derived.
        """
        return tuple(each for each in self._mended(suspects=suspects) if isinstance(each, Fix))

    def unmendable(self, *, suspects: bool = False) -> tuple[Unmendable, ...]:
        """Return the contacts that no manual change would set right, each with the reason."""
        mended = self._mended(suspects=suspects)
        return tuple(each for each in mended if isinstance(each, Unmendable))

    def rows(self, *, healthy: bool = True) -> Iterator[dict[str, Any]]:
        """Yield each finding as JSON values; not `healthy`: only the accused, then the suspects."""
        for finding in self.findings if healthy else chain(self.accused, self.suspects):
            yield finding.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """Return the audit as JSON values, with the accused and the suspects."""
        return {
            "exit_code": self.exit_code,
            "contacts": len(self.findings),
            "deals": len(self._court.account.deal_ids),
            "counts": {member.value: count for member, count in self.counts.items()},
            "guessed": [
                {
                    **attrs.asdict(each),
                    "guess": each.guess and each.guess.value,
                    "option": each.option,
                }
                for each in self.guessed
            ],
            "undecided": [
                {"because": because, "deals": [*deals]} for because, deals in self.undecided.items()
            ],
            "refused": [
                {"position": each.position, "error": str(each.error)} for each in self.refused
            ],
            "accused": [finding.to_dict() for finding in self.accused],
            "suspects": [finding.to_dict() for finding in self.suspects],
        }

    def text(self, limit: int | None = 20) -> str:
        """Return the audit as text: counts, then at most `limit` of each kind of what to look at.

        First the stages that were guessed and the deals of unknown status, then the accused and
        the suspects. None: all of them. Raises `InvalidError` for a limit that is no number of
        findings.
        """
        if limit is not None and (type(limit) is not int or limit < 0):
            raise InvalidError("Audit.text.limit", limit, "None, or an int from 0")
        deals = counted(len(self._court.account.deal_ids), "deal")
        heading = f"{counted(len(self.findings), 'contact')}, {deals}: {self._numbers()}"
        groups: dict[str, tuple[int, Iterator[object]]] = {
            "stages that were guessed": (len(self.guessed), iter(self.guessed[:limit])),
            "reasons why contacts are not judged": (
                len(self.undecided),
                islice(starmap(_unknown, self.undecided.items()), limit),
            ),
            "accused": (len(self.accused), islice(self.accused, limit)),
            "suspects": (len(self.suspects), islice(self.suspects, limit)),
            "records refused": (
                len(self.refused),
                (f"{each.position}: {each.error}" for each in self.refused[:limit]),
            ),
        }
        return "\n".join(lines(self.counts, groups, heading))

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Audit: {counted(len(self.findings), 'contact')}, {self._numbers()}>"

    def _numbers(self) -> str:
        return f"{len(self.accused)} accused, {counted(len(self.suspects), 'suspect')}"

    # --- How a finding is made ---

    @cached_property
    def _noticed(self) -> list[int]:
        """The contacts that may be accused or suspect."""
        clues, noticed = self._court.clues, (*DOUBTFUL, IMPOSSIBLE)
        verdicts = enumerate(self._court.verdicts)
        return [n for n, verdict in verdicts if n in clues or verdict in noticed]

    def _is_accused(self, position: int) -> bool:
        return self._court.verdicts[position] == IMPOSSIBLE or any(
            clue.certain for clue in self._court.clues.get(position, ())
        )

    def _is_suspect(self, position: int) -> bool:
        court = self._court
        doubtful = court.verdicts[position] in DOUBTFUL and position not in court.confirmed
        return not self._is_accused(position) and (doubtful or position in court.clues)

    def _findings(self, positions: Iterable[int]) -> Findings:
        ids = self._court.account.ids
        return Findings(
            self._finding, sorted(positions, key=lambda position: id_order(ids[position]))
        )

    def _finding(self, position: int) -> Finding:
        court, account = self._court, self._court.account
        code = account.codes[position]
        prospect, customer = STORED[code]
        derived = court.table.derived[account.masks[position]]
        rules, deals, sentences = self._why(position)
        return Finding(
            contact=account.ids[position],
            kind=account.kinds[position],
            name=account.names[position],
            prospect=prospect,
            customer=customer,
            derived_prospect=derived[0],
            derived_customer=derived[1],
            verdict=VERDICTS[court.verdicts[position]],
            signs=tuple(court.clues.get(position, ())),
            rules=rules,
            deals=deals,
            sentences=sentences,
            confirmed=position in court.confirmed,
        )

    def _why(self, position: int) -> tuple[tuple[str, ...], tuple[DealId, ...], tuple[str, ...]]:
        """Return the rules and deals behind a verdict, and sentences about them."""
        court, account = self._court, self._court.account
        code = account.codes[position]
        if court.verdicts[position] == UNDECIDED:
            unsure = in_order(account.unsure.get(position, ()))
            sentences = ["no status is stored"] if code == NOTHING_STORED else []
            return (), unsure, (*sentences, *starmap(_unknown, _by_reason(account, unsure)))
        stored = STORED[code]
        state = court.state(position, account.held(position))
        explanation = explain(state, court.policy)
        both = zip((explanation.prospect, explanation.customer), stored, strict=True)
        reasons = [reason for reason, stored_status in both if stored_status]
        impossible = court.verdicts[position] == IMPOSSIBLE
        broken = [each for reason in reasons for each in reason.broken] if impossible else []
        rules = dict.fromkeys([each.rule for each in broken] + [each.rule for each in reasons])
        behind = [each.deals for each in broken] + [each.deals for each in reasons]
        deals = {deal for some in behind for deal in some}
        also = [f"also {each}" for reason in reasons for each in reason.broken[1:] if impossible]
        return (*rules,), in_order(deals), (*map(str, reasons), *also)

    def _mended(self, *, suspects: bool) -> Iterator[Fix | Unmendable]:
        for group in (self.accused, self.suspects) if suspects else (self.accused,):
            for finding in group:
                mended = mend(self._court, finding)
                if mended is not None:
                    yield mended


def _by_reason(
    account: Account, deals: Iterable[DealId]
) -> Iterator[tuple[str, tuple[DealId, ...]]]:
    """Yield why the status of deals is unknown, and of which; the reason of most deals first."""
    found: dict[str, list[DealId]] = {}
    for deal in deals:
        found.setdefault(account.reasons[deal], []).append(deal)
    for because in sorted(found, key=lambda because: (-len(found[because]), because)):
        yield because, in_order(found[because])


def _unknown(because: str, deals: tuple[DealId, ...]) -> str:
    return f"the status of {named(deals)} is unknown{because and ': '}{because}"


def audit(
    contacts: Iterable[Stored | Standing],
    deals: Iterable[Deal],
    policy: Policy = SELL,
    *,
    history: Iterable[Record] | None = None,
    past: Past | Callable[[frozenset[ContactId]], Past] | None = None,
    undecided: Mapping[DealId, Undecided | Collection[ContactId]] = _NOBODY,
    gone: Mapping[DealId, Collection[ContactId]] = _NOBODY,
    guessed: Iterable[Guessed] = (),
) -> Audit:
    """Compare what is stored of each contact with what the rules say of the deals.

    `contacts` are what a CRM says (`Stored`) or what a store keeps (`Standing`, which says also
    which deals it was notified of); `deals` are all deals as they are now. Under the policy
    `company_link="follow"` a deal goes with its primary contact to the company it works for now
    (W10). Both may be streams; what is kept of a contact or deal is small.

    `history` is a *complete* log up to now, manual changes included, in the order of its times:
    what it leads to is the truth. `past` is what is known of the deals' past, without what people
    set by hand: it can confirm what is stored, and show when it was right. It may be a function
    that is given the contacts that may be accused or suspect, and returns what is known of their
    deals. `undecided` are deals of unknown status, with their audience, and with the reason if they
    are `Undecided`; `guessed` are the stages behind some of them, for the report. `gone` are deals
    mentioned elsewhere that are not sent (deletions, conversions), with theirs; those that are sent
    after all are passed over.

    Raises `InvalidError` for what is no contact or deal, for a contact or a deal that comes twice,
    for an undecided deal that is sent, and for a `past` beside a `history`.

    >>> from salesstatus import Contact, ContactKind, CustomerStatus, DealStatus, ProspectStatus
    >>> ann = Contact(id="ann", kind=ContactKind.PERSON)
    >>> stored = Stored(contact=ann, prospect=ProspectStatus.LOST, customer=CustomerStatus.CURRENT)
    >>> found = audit([stored], [Deal(id="D-1", primary="ann", status=DealStatus.WON)])
    >>> found.accused[0].rules, found.accused[0].deals
    (('M2', 'C1'), ('D-1',))
    >>> found.patch()[0].changes
    (ProspectStatusSet(status=ProspectStatus.NONE),)
    """
    if history is not None and past is not None:
        raise InvalidError("audit.past", past, "None beside a complete history")
    guesses = list_of("audit.guessed", guessed, Guessed)
    first = sorted(guesses, key=lambda each: (-each.deals, id_order(each.stage)))
    account = Account(policy)
    account.take_contacts(contacts)
    account.take_deals(deals)
    account.take_undecided(undecided)
    account.take_gone(gone, undecided)
    log = None if history is None else Known(history, account, "audit.history")
    court = None
    if callable(past) and not isinstance(past, Iterable):
        court = Court(account, None, None, undecided)
        noticed = Audit(court)._noticed
        known = None
        if noticed:
            asked = past(frozenset(account.ids[n] for n in noticed))
            known = Known(asked, account, "audit.past")
    else:
        noticed, known = None, None if past is None else Known(past, account, "audit.past")
    if court is None or known is not None:
        court = Court(account, log, known, undecided, noticed)
    judged_by = log or known
    return Audit(court, () if judged_by is None else judged_by.refused, (*first,))
