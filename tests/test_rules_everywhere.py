"""A row is a rule everywhere: in a copy of the tables rows are added, taken out and exchanged, and
whoever applies, explains, audits or prints the rules follows, without a word about any id."""

from functools import cache
from itertools import product

import attrs
import pytest

from salesstatus import decisions as decisions_room
from salesstatus.crm.auditing import Stored, Verdict, audit
from salesstatus.decisions import DecisionTable, decisions
from salesstatus.errors import GuardError, InvalidError
from salesstatus.events import (
    CustomerStatusSet,
    DealAssociated,
    DealLost,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.explanation import explain
from salesstatus.exploration import Origin, explore, reach
from salesstatus.history import Entry, Step, replay, trace
from salesstatus.model import (
    ALL_KINDS,
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealStatus,
    ProspectStatus,
    SalesStatus,
    kinds_of,
)
from salesstatus.policy import SELL, SELL_NEWEST, TEAMGATE, Policy
from salesstatus.rules import (
    ANY_DEAL,
    FAILED,
    NOTHING,
    REFUSED,
    TABLES,
    CustomerRow,
    ManualRow,
    ProspectRow,
    Tables,
)
from salesstatus.show import text
from salesstatus.statements import Sure
from salesstatus.transitions import permitted, refusal, transition
from strategies import DAY

OPEN, WON, LOST, UNQUALIFIED = DealStatus
PAST = CustomerStatus.PAST
ANN = Contact(id="ann", kind=ContactKind.PERSON)

NO_PAST_BESIDE_WON = ManualRow(
    "M6", frozenset({CustomerStatusSet}), ProspectStatus, {PAST}, frozenset({WON}), REFUSED,
    "past requires that no won deal is held",
    Sure.POLICY, "ours", "who buys is no past customer",
)  # fmt: skip
#: It looks at a status as it was before: the prospect status stays when the other one is set.
NO_PAST_PROSPECT = ManualRow(
    "M7", frozenset({CustomerStatusSet}), {ProspectStatus.CURRENT}, {PAST}, None, REFUSED,
    "past requires that the contact is no current prospect",
    Sure.POLICY, "ours", "who is sold to again is not past",
)  # fmt: skip
LOSING_MAKES_PAST = CustomerRow(
    "C4", FAILED, {OPEN, WON}, {CustomerStatus.CURRENT}, PAST,
    Sure.POLICY, "ours", "the last sale came to nothing",
)  # fmt: skip
UNQUALIFIED_IS_NOTHING = ProspectRow(
    "P5", {UNQUALIFIED}, ANY_DEAL - {UNQUALIFIED}, ProspectStatus.NONE,
    Sure.POLICY, "ours", "there was nothing to lose",
)  # fmt: skip


def without(table, id_):
    rows = tuple(row for row in getattr(TABLES, table) if row.id != id_)
    return attrs.evolve(TABLES, **{table: rows})


def exchanged(table, one, other, field):
    """The tables with one field of two rows exchanged."""
    values = {row.id: getattr(row, field) for row in getattr(TABLES, table)}
    swap = {one: values[other], other: values[one]}
    rows = tuple(
        attrs.evolve(row, **{field: swap[row.id]}) if row.id in swap else row
        for row in getattr(TABLES, table)
    )
    return attrs.evolve(TABLES, **{table: rows})


CHANGED = {
    "as they are": TABLES,
    "M6 added": attrs.evolve(TABLES, manual=(*TABLES.manual, NO_PAST_BESIDE_WON)),
    "M7 added": attrs.evolve(TABLES, manual=(*TABLES.manual, NO_PAST_PROSPECT)),
    "C4 added": attrs.evolve(
        TABLES, customer=(*TABLES.customer[:-1], LOSING_MAKES_PAST, TABLES.customer[-1])
    ),
    "P5 added": attrs.evolve(
        TABLES,
        prospect=(
            *(
                attrs.evolve(row, some={LOST}) if row.id == "P3" else row
                for row in TABLES.prospect
                if row.when != ("won_masks_lost", False)
            ),
            attrs.evolve(UNQUALIFIED_IS_NOTHING, none={OPEN, WON, LOST}),
        ),
    ),
    "C1 taken out": without("customer", "C1"),
    "C2 taken out": without("customer", "C2"),
    "M1 taken out": without("manual", "M1"),
    "M2 taken out": without("manual", "M2"),
    "P1 and P3 exchanged": exchanged("prospect", "P1", "P3", "becomes"),
    "C1 and C2 exchanged": exchanged("customer", "C1", "C2", "becomes"),
}  # fmt: skip
each_change = pytest.mark.parametrize("words", CHANGED)


@pytest.fixture
def install(monkeypatch):
    """Put other tables in the place of the library's own."""

    def installed(tables: Tables):
        written = cache(lambda policy: DecisionTable.of(policy, tables))
        monkeypatch.setattr(decisions_room, "_written", written)
        monkeypatch.setattr(text, "TABLES", tables)
        return decisions(SELL)

    return installed


@cache
def explored(words):
    """Every event on every state with a few deals, under the tables that are installed for this."""
    return explore(SELL)


def every_state():
    for held, prospect, customer in product(ALL_KINDS.values(), ProspectStatus, CustomerStatus):
        ordered = (status for status in DealStatus if status in held)
        yield SalesStatus(
            prospect, customer, {f"D-{n}": status for n, status in enumerate(ordered)}
        )


def situation(state):
    return kinds_of(state.deals.values()), state.prospect, state.customer


def audited(state):
    """The audit's finding of one contact that is stored like this, with these deals."""
    deals = [Deal(id=id_, primary="ann", status=status) for id_, status in state.deals.items()]
    stored = Stored(contact=ANN, prospect=state.prospect, customer=state.customer)
    return audit([stored], deals).findings[0]


class TestOneRow:
    """M6 added: whoever rests on the rules knows it at once, and names it."""

    STATE = SalesStatus(customer=PAST, deals={"D-1": WON, "D-2": LOST})

    @pytest.fixture(autouse=True)
    def _with_it(self, install):
        install(CHANGED["M6 added"])

    def test_it_refuses(self):
        held = attrs.evolve(self.STATE, customer=CustomerStatus.CURRENT)
        error = refusal(held, CustomerStatusSet(PAST))
        assert error.rules == ("M6",) and error.broken[0].deals == ("D-1",)
        assert CustomerStatusSet(PAST) not in permitted(held)
        with pytest.raises(GuardError) as caught:
            transition(held, CustomerStatusSet(PAST))
        assert caught.value == error
        entry = Entry(DAY, "ann", CustomerStatusSet(PAST))
        refused = replay([entry], on_refusal="collect", known={"ann": held}).refused
        assert [each.error for each in refused] == [error]

    def test_it_explains(self):
        reason = explain(self.STATE).customer
        assert (reason.rule, reason.how, reason.deals) == ("M6", Origin.NEVER, ("D-1",))
        assert str(reason) == (
            "customer status past: no accepted event leads here, M6: past requires that no won "
            "deal is held; in the way: 'D-1'; by the deals it would be current (C1, deal 'D-1' "
            "decides)"
        )

    def test_it_accuses(self):
        finding = audited(self.STATE)
        assert finding.verdict is Verdict.IMPOSSIBLE and finding.accused
        assert finding.rules == ("M6", "P2") and finding.deals == ("D-1",)
        assert any("past requires that no won deal is held" in each for each in finding.sentences)

    def test_it_is_printed(self):
        assert "| M6 | CustomerStatusSet |" in text.rules_markdown()
        assert "M6  event: CustomerStatusSet" in text.rules_text(SELL)


class TestGuardOnTheStatusBefore:
    """M7 looks at the other status as it was, so the order of changes matters."""

    def test_what_was_set_in_the_other_order_is_set_by_hand_and_not_forbidden(self, install):
        install(CHANGED["M7 added"])
        both = SalesStatus(ProspectStatus.CURRENT, PAST, {"D-1": LOST})
        assert refusal(both, CustomerStatusSet(PAST)).rules == ("M7",)
        reason = explain(both).customer
        assert (reason.rule, reason.how) == ("M3", Origin.BY_HAND)
        assert audited(both).verdict is Verdict.BY_HAND

    def test_what_a_person_set_before_a_deal_came_is_told_as_such(self, install):
        no_past_with_deals = attrs.evolve(NO_PAST_BESIDE_WON, held=ANY_DEAL)
        install(attrs.evolve(TABLES, manual=(*TABLES.manual, no_past_with_deals)))
        state = SalesStatus(ProspectStatus.CURRENT, PAST, {"D-1": OPEN})
        reason = explain(state).customer
        assert (reason.rule, reason.how) == ("C3", Origin.SINCE_BY_HAND)
        assert "C3, unchanged since set by hand" in str(reason)
        assert audited(state).verdict is Verdict.BY_HAND


class TestAddedTakenOutExchanged:
    """Whatever is changed in the tables, all that rests on them agrees."""

    @each_change
    def test_what_can_be_is_what_accepted_events_lead_to(self, words, install):
        table = install(CHANGED[words])
        moves = explored(words)
        assert {situation(move.before) for move in moves} == reach(table).situations
        of_deals, new = {situation(SalesStatus())}, True
        by_before = {}
        for move in moves:
            if move.after is not None and not isinstance(
                move.event, ProspectStatusSet | CustomerStatusSet
            ):
                by_before.setdefault(situation(move.before), set()).add(situation(move.after))
        while new:
            new = {then for here in of_deals for then in by_before.get(here, ())} - of_deals
            of_deals |= new
        assert of_deals == reach(table).by_deals

    @each_change
    def test_explanation_audit_and_refusal_agree_on_every_state(self, words, install):
        table = install(CHANGED[words])
        can, ids = reach(table), {row.id for row in table.tables.rows()}
        for state in every_state():
            explanation, finding = explain(state), audited(state)
            possible = situation(state) in can.situations
            assert (finding.verdict is Verdict.IMPOSSIBLE) == (not possible), state
            reasons = (explanation.prospect, explanation.customer)
            if possible:
                assert all(reason.how is not Origin.NEVER for reason in reasons), state
            else:
                assert any(reason.how is Origin.NEVER for reason in reasons), state
            for reason, event in zip(
                reasons,
                (ProspectStatusSet(state.prospect), CustomerStatusSet(state.customer)),
                strict=True,
            ):
                assert reason.rule in ids and reason.rule in str(reason), state
                if reason.how is Origin.NEVER:
                    assert reason.broken == refusal(state, event).broken
                    assert not possible
                assert reason.rule in finding.rules

    @each_change
    def test_every_accepted_move_into_a_state_is_a_way_that_explain_may_name(self, words, install):
        table = install(CHANGED[words])
        leading = {}
        for move in explored(words):
            if move.after is not None and move.after != move.before:
                here = situation(move.after)
                for status in here[1:]:
                    leading.setdefault((here[0], status), set()).update(move.rules)
        for here, way in reach(table).ways.items():
            if way.how is not Origin.DEALS:
                assert way.row.id in leading[here]

    @each_change
    def test_the_page_prints_the_rows_that_hold(self, words, install):
        table = install(CHANGED[words])
        page = text.rules_markdown(SELL)
        for row in table.tables.rows():
            assert f"| {row.id} |" in page and row.reason in page
        for row in TABLES.rows():
            if row.id not in {kept.id for kept in table.tables.rows()}:
                assert f"| {row.id} |" not in page

    @each_change
    def test_traces_name_the_rows_that_transition_goes_by(self, words, install):
        table = install(CHANGED[words])
        events = (DealAssociated(1), DealWon(1), DealLost(1), CustomerStatusSet(PAST))
        state = SalesStatus()
        steps = trace([Entry(DAY, "ann", event) for event in events], on_refusal="collect")
        for event, step in zip(events, steps, strict=True):
            decision = table.decide(state, event)
            assert isinstance(step, Step) != (decision.effect is REFUSED)
            if isinstance(step, Step):
                assert step.rules == tuple(row.id for row in decision.rows)
                state = transition(state, event)
                assert step.after == state


@pytest.mark.parametrize(
    "policy",
    [
        SELL_NEWEST,
        TEAMGATE,
        Policy(won_masks_lost=False),
        Policy(customer_until="no_open_or_won", clearing="needs_no_deals"),
        Policy(customer_until="marked_past", manual_prospect="never", clearing="needs_no_deals"),
    ],
    ids=str,
)
def test_situations_are_those_of_explored_states_under_other_policies_too(policy):
    explored = {situation(move.before) for move in explore(policy)}
    assert reach(decisions(policy)).situations == explored


class TestTablesThatLeadNowhere:
    """Statuses that no event leads back to, and rows that no table of ours has."""

    GONE_IS_PAST = CustomerRow(
        "C4", {None}, ANY_DEAL, CustomerStatus, PAST,
        Sure.POLICY, "ours", "they were ours once",
    )  # fmt: skip
    NONE_IS_NOT_SET = ManualRow(
        "M8", frozenset({CustomerStatusSet}), ProspectStatus, {CustomerStatus.NONE}, None, REFUSED,
        "a customer status is never taken back", Sure.POLICY, "ours", "what was, was",
    )  # fmt: skip

    def test_a_status_of_new_contacts_alone_is_explained_so(self, install):
        install(
            attrs.evolve(
                TABLES,
                customer=(self.GONE_IS_PAST, *TABLES.customer),
                manual=(*TABLES.manual, self.NONE_IS_NOT_SET),
            )
        )
        assert str(explain(SalesStatus()).customer).endswith(": as before the first deal")
        assert explain(SalesStatus(customer=PAST)).customer.rule == "C4"

    def test_a_row_of_table_m_that_changes_nothing_is_no_row(self):
        nothing = attrs.evolve(NO_PAST_BESIDE_WON, effect=NOTHING)
        with pytest.raises(InvalidError, match="rows that accept or refuse"):
            DecisionTable.of(SELL, attrs.evolve(TABLES, manual=(*TABLES.manual, nothing)))

    def test_an_error_names_the_rows_that_can_refuse_alone(self):
        event = DealAssociated("D-1")
        decision = decisions(SELL).decide(SalesStatus(), event)
        assert decision.error(SalesStatus(), event).rules == ("E1",)
