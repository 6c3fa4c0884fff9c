"""The verdicts of an audit: each contact judged once, with the signs of what went wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from salesstatus.crm.auditing.facts import Account, Known, in_order
from salesstatus.crm.auditing.possible import (
    AGREEING,
    AS_DERIVED,
    BIT,
    BY_HAND,
    CODES,
    IMPOSSIBLE,
    INDEX,
    NOTHING_STORED,
    STATUS_OF,
    STORED,
    UNDECIDED,
    Pair,
)
from salesstatus.crm.auditing.report import Clue, Sign, named, pair
from salesstatus.decisions import decisions
from salesstatus.events import ContactEvent, DealAssociated, DealDissociated, DealEvent
from salesstatus.explanation import phrase
from salesstatus.exploration import reach
from salesstatus.model import (
    ContactKind,
    CustomerStatus,
    DealId,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.policy import Policy
from salesstatus.rules import Was
from salesstatus.statements import W2, W7
from salesstatus.transitions import transition
from salesstatus.values import id_order, shown


def after_notices(
    known: SalesStatus, held: Mapping[DealId, DealStatus], policy: Policy
) -> tuple[Pair, ...]:
    """Return what a contact can be once it is notified of all deals it holds, in any order."""
    joined: list[ContactEvent] = [
        DealAssociated(deal, status)
        for deal, status in sorted(held.items(), key=lambda item: id_order(item[0]))
        if known.deals.get(deal) is not status
    ]
    left: list[ContactEvent] = [
        DealDissociated(deal) for deal in sorted(known.deals.keys() - held.keys(), key=id_order)
    ]
    outcomes: dict[Pair, None] = {}
    for order in (
        [*joined, *left],
        [*reversed(joined), *left],
        [*left, *joined],
        [*left, *reversed(joined)],
    ):
        state = known
        for event in order:
            state = transition(state, event, policy)
        outcomes[state.prospect, state.customer] = None
    return tuple(outcomes)


class Court:
    """Judges every contact of an account, once."""

    def __init__(
        self,
        account: Account,
        log: Known | None,
        past: Known | None,
        undecided: Collection[DealId],
        noticed: Collection[int] | None = None,
    ) -> None:
        #: The contacts that the past is about; None for all. Of others it may be incomplete.
        self.noticed = None if noticed is None else frozenset(noticed)
        self.account, self.log, self.past, self.undecided = account, log, past, undecided
        self.policy = account.policy
        self.table = account.table
        written = decisions(self.policy)
        self.ways = reach(written).ways
        rows = written.tables
        #: Deals are deleted, and one that goes may take a customer status with it.
        self.vanishing = (
            W7.id,
            *(row.id for row in rows.customer if None in row.now and row.becomes is not None),
        )
        #: A deal that is held becomes what a snapshot says.
        self.missing = tuple(
            row.id for row in rows.events if DealAssociated in row.events and row.was is Was.ANOTHER
        )
        self.clues: dict[int, list[Clue]] = {}
        self.confirmed: set[int] = set()
        #: What a contact must be, where that is known, if it is not what is stored.
        self.truths: dict[int, tuple[Pair, ...]] = {}
        by_number = self.table.verdicts
        self.verdicts = bytearray(
            by_number[16 * mask + code]
            for mask, code in zip(account.masks, account.codes, strict=True)
        )
        everyone = log is not None or (past is not None and noticed is None)
        for position, verdict in enumerate(self.verdicts):
            if verdict or everyone or position in account.standings or position in account.unsure:
                self._judge(position)
        self._structure()
        self._in_step()

    def derived(self, position: int) -> Pair:
        """Return what follows from the deals that a contact holds."""
        return self.table.derived[self.account.masks[position]]

    def state(
        self, position: int, deals: Mapping[DealId, DealStatus], otherwise: Pair | None = None
    ) -> SalesStatus:
        """Return what is stored, with these deals; an unstored axis is `otherwise`, or derived."""
        prospect, customer = STORED[self.account.codes[position]]
        otherwise = otherwise or self.derived(position)
        return SalesStatus(prospect or otherwise[0], customer or otherwise[1], deals)

    def verdict(self, position: int, code: int) -> int:
        """Return the verdict if this were stored."""
        return self.table.verdicts[16 * self.account.masks[position] + code]

    def _note(
        self, position: int, sign: Sign, sentence: str, *, certain: bool = False, **known: Any
    ) -> None:
        clue = Clue(sign=sign, certain=certain, sentence=sentence, **known)
        self.clues.setdefault(position, []).append(clue)

    def _judge(self, position: int) -> None:
        account, code = self.account, self.account.codes[position]
        if code == NOTHING_STORED:
            return
        contact = account.ids[position]
        log = self.log
        known = log.of(contact) if log is not None else account.standings.get(position)
        if not self._decided(position, known):
            self.verdicts[position] = UNDECIDED
            return
        verdict = self.verdicts[position] = self.verdict(position, code)
        held = account.held(position)
        agreeing = AGREEING[code]
        if known is not None:
            truth: tuple[Pair, ...] = (
                ((known.prospect, known.customer),)
                if known._deals == held
                else after_notices(known, held, self.policy)
            )
            right = not agreeing.isdisjoint(truth)
            if not right:
                self.truths[position] = truth
            elif log is not None:
                self.confirmed.add(position)
                if verdict == IMPOSSIBLE:  # it was stated, and a complete history decides
                    self.verdicts[position] = BY_HAND
            self._compare(position, known, held, right=right)
        if log is None or known is None:
            self._hints(position, held)

    def _decided(self, position: int, known: SalesStatus | None) -> bool:
        """Whether the status of each deal is known, if need be from what was known before."""
        account = self.account
        unsure = account.unsure.get(position)
        if unsure is None:
            return True
        deals = {} if known is None else known.deals
        settled = {deal: deals[deal] for deal in unsure if deal in deals}
        account.settled[position] = settled
        for status in settled.values():
            account.masks[position] |= BIT[status]
        return len(settled) == len(unsure)

    def _compare(
        self, position: int, known: SalesStatus, held: Mapping[DealId, DealStatus], *, right: bool
    ) -> None:
        """Note what a contact must be otherwise, and which deals it does not know as they are."""
        account = self.account
        unheard = known.deals.keys() - held.keys()
        vanished = in_order(filter(self._unsent, unheard))
        missed = in_order(
            (unheard - {*vanished})
            | {deal for deal, status in held.items() if known.deals.get(deal) is not status}
        )
        as_known = (known.prospect, known.customer) in AGREEING[account.codes[position]]
        certain = not right and as_known
        holding = f"it is stored as holding {named(vanished)}, which the data does not have"
        unknown = f"it does not know what became of {named(missed)}"
        for sign, sentence, deals, rules in (
            (Sign.VANISHED, holding, vanished, self.vanishing),
            (Sign.MISSED, unknown, missed, self.missing),
        ):
            if deals:
                self._note(position, sign, sentence, certain=certain, deals=deals, rules=rules)
        if right or as_known or self.log is None:
            return
        if self._stale(position, self.log, certain=True):
            return
        if self.verdicts[position] != IMPOSSIBLE:
            sentence = (
                f"its history leads to {pair(known.prospect, known.customer)}, "
                "and never led to what is stored"
            )
            self._note(position, Sign.UNLOGGED, sentence, certain=True)

    def _unsent(self, deal: DealId) -> bool:
        return deal not in self.account.deal_at and deal not in self.undecided

    def _stale(self, position: int, known: Known, *, certain: bool) -> bool:
        """Note when what is stored was right by a history, if it ever was; say whether."""
        span = known.spans.get(self.account.ids[position])
        if span is None or span.ended is None:
            return False
        since = "" if span.since is None else f"from {span.since.isoformat()} "
        until = span.ended.at
        event = getattr(span.ended, "event", None)
        self._note(
            position,
            Sign.STALE,
            f"right {since}until {until.isoformat()}, ended by {phrase(span.ended)}",
            certain=certain,
            deals=(event.deal,) if isinstance(event, DealEvent) else (),
            since=span.since,
            until=until,
        )
        return True

    def _hints(self, position: int, held: Mapping[DealId, DealStatus]) -> None:
        """Note what the past, or deals that were mentioned elsewhere, make suspect."""
        account, code, verdict = self.account, self.account.codes[position], self.verdicts[position]
        gone = {*account.gone.get(position, ())}
        whole = self.noticed is None or position in self.noticed
        past = None if self.past is None or not whole else self.past.of(account.ids[position])
        if self.past is not None and past is not None:
            same = past._deals == held
            if (past.prospect, past.customer) in AGREEING[code]:
                if same and position not in self.truths:
                    self.confirmed.add(position)
                    return
            elif same or verdict != AS_DERIVED:
                self._stale(position, self.past, certain=False)
            gone.update(deal for deal in past._deals if self._unsent(deal))
        if verdict == AS_DERIVED or any(
            clue.sign is Sign.VANISHED for clue in self.clues.get(position, ())
        ):
            return
        deals = in_order(gone)
        if deals:
            them = "it" if len(deals) == 1 else "them"
            sentence = f"{named(deals)} may have led here, and the data does not have {them}"
            self._note(position, Sign.VANISHED, sentence, deals=deals, rules=self.vanishing)
        elif not held and STORED[code][1] is CustomerStatus.CURRENT:
            sentence = "a current customer without any deal: set by hand, or its deals were deleted"
            self._note(position, Sign.VANISHED, sentence, rules=self.vanishing)

    def _structure(self) -> None:
        """Note contacts that were not sent, and employers that cannot be."""
        account = self.account
        for position in range(account.sent, len(account.ids)):
            deals = in_order((*account.held(position), *account.unsure.get(position, ())))
            sentence = (
                f"{named(deals)} name{'s' * (len(deals) == 1)} it, and the data does not have it"
            )
            self._note(position, Sign.UNHEARD_OF, sentence, deals=deals)
        for position, company in enumerate(account.companies):
            if company is None:
                continue
            employer = account.at.get(company)
            if employer is None or employer >= account.sent:
                sign, why = Sign.COMPANY_UNKNOWN, "which the data does not have"
            elif account.kinds[employer] is ContactKind.PERSON:
                sign, why = Sign.COMPANY_IS_A_PERSON, "which is a person"
            else:
                continue
            sentence = f"it works for {shown(company)}, {why}"
            self._note(position, sign, sentence, contacts=(company,), rules=(W2.id,))

    def _in_step(self) -> None:
        """Note employees and companies of which only one shows a deal of both (rule W2)."""
        account, verdicts = self.account, self.verdicts
        apart: dict[tuple[int, int, int], list[DealId]] = {}
        for n, (leader, employer) in enumerate(
            zip(account.leaders, account.employers, strict=True)
        ):
            if employer < 0 or not (verdicts[leader] or verdicts[employer]):
                continue  # as derived, both show it
            if account.kinds[leader] is not ContactKind.PERSON:
                continue
            status = STATUS_OF[account.deal_statuses[n]]
            for axis in (0, 1):
                of_leader = self._shows(leader, axis, status)
                of_employer = self._shows(employer, axis, status)
                if of_leader is None or of_employer is None or of_leader is of_employer:
                    continue
                one, other = (employer, leader) if of_leader else (leader, employer)
                apart.setdefault((one, other, axis), []).append(account.deal_ids[n])
        for (one, other, axis), found in apart.items():
            if one in self.confirmed:
                continue
            deals = in_order(found)
            who = "employee" if account.kinds[other] is ContactKind.PERSON else "company"
            which = ("prospect", "customer")[axis]
            sentence = (
                f"the {which} status of its {who} {shown(account.ids[other])} "
                f"shows {named(deals)}, and its own does not"
            )
            known = {"deals": deals, "contacts": (account.ids[other],), "rules": (W2.id,)}
            certain = self._wrong(one, axis)
            self._note(one, Sign.OUT_OF_STEP, sentence, certain=certain, **known)

    def _wrong(self, position: int, axis: int) -> bool:
        """Whether a contact's status on this axis is wrong for sure, whatever the other one is."""
        prospect, customer = STORED[self.account.codes[position]]
        alone = CODES[(prospect, None) if axis == 0 else (None, customer)]
        if position in self.truths:
            return AGREEING[alone].isdisjoint(self.truths[position])
        return self.verdict(position, alone) == IMPOSSIBLE

    def _shows(self, position: int, axis: int, status: DealStatus) -> bool | None:
        """Whether a stored status shows a deal of this kind, be it as past; None if it need not."""
        stored = STORED[self.account.codes[position]][axis]
        derived = self.derived(position)[axis]
        way = self.ways.get((INDEX[self.account.masks[position]], derived))
        silent = derived is ProspectStatus.NONE or way is None or status not in way.shown_by
        if stored is None or silent or self.verdicts[position] == UNDECIDED:
            return None
        return stored is derived or stored is CustomerStatus.PAST
