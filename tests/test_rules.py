"""The tables: complete, without contradiction, without dead rows, and none of their words could be
another.

Every row is taken out, redirected, exchanged and bent in each of its conditions; each such mutant
of the tables must be refused by `DecisionTable.of`, or differ from the oracle somewhere. And no status is
written anywhere but by the rules."""

import ast
import re
from collections import Counter
from enum import Enum
from functools import cache
from itertools import combinations, combinations_with_replacement, product
from pathlib import Path

import attrs
import pytest

import oracle
import salesstatus
from effort import some
from salesstatus import decisions as decisions_room
from salesstatus.decisions import DecisionTable, MutableStatus
from salesstatus.errors import GuardError
from salesstatus.events import (
    CustomerStatusSet,
    DealAssociated,
    DealDissociated,
    DealLost,
    DealReopened,
    DealUnqualified,
    DealWon,
    ProspectStatusSet,
)
from salesstatus.lead import Lead
from salesstatus.model import Contact, CustomerStatus, DealStatus, ProspectStatus, SalesStatus
from salesstatus.policy import PRESETS, SELL, Policy
from salesstatus.rules import TABLES, Effect, Was
from salesstatus.statements import SOURCES, Sure
from salesstatus.transitions import decide, refusal, transition
from salesstatus.values import InvalidError

OPEN, WON, LOST, UNQUALIFIED = DealStatus
CHANGES, NOTHING, REFUSED = Effect
SWITCHES = {
    "won_masks_lost": (True, False),
    "customer_until": ("no_deals", "no_open_or_won", "marked_past"),
    "clearing": ("free", "needs_no_deals"),
    "manual_prospect": ("guarded", "never"),
    "company_link": ("snapshot", "follow"),
}
#: All 48.
POLICIES = [
    Policy(**dict(zip(SWITCHES, settings, strict=True))) for settings in product(*SWITCHES.values())
]
#: Those that can differ for one contact by itself (see the test that no row of these tables asks
#: for the company).
CONTACT_POLICIES = [policy for policy in POLICIES if policy.company_link == "snapshot"]
#: Every switch thrown, and the two that meet in one refusal together.
TELLING = [
    SELL,
    Policy(won_masks_lost=False),
    Policy(customer_until="no_open_or_won"),
    Policy(customer_until="marked_past"),
    Policy(clearing="needs_no_deals"),
    Policy(manual_prospect="never"),
    Policy(clearing="needs_no_deals", manual_prospect="never"),
]
MOVES = {OPEN: DealReopened, WON: DealWon, LOST: DealLost, UNQUALIFIED: DealUnqualified}
MANUAL = [*map(ProspectStatusSet, ProspectStatus), *map(CustomerStatusSet, CustomerStatus)]
RULED = ("prospect", "customer", "manual", "events")

each_policy = pytest.mark.parametrize("policy", POLICIES, ids=str)


# The abstract state space: deals are alike but for their status, so a contact is a multiset of deal
# statuses, a prospect status and a customer status, and an event is about one deal of each status
# held, or about one not held.


def events_for(deals):
    """Every event that can differ for one who holds these deals."""
    one_of_each = {status: deal for deal, status in deals.items()}
    for deal in (*one_of_each.values(), "new"):
        yield from (DealAssociated(deal, status) for status in DealStatus)
        yield from (move(deal) for move in MOVES.values())
        yield DealDissociated(deal)
    yield from MANUAL


def all_holdings(most):
    for n in range(most + 1):
        yield from combinations_with_replacement(DealStatus, n)


#: Rows look only at which kinds of deals are held: every set of kinds, and pairs of a kind, of
#: which one may go.
HOLDINGS = [*all_holdings(2), *(held for n in (3, 4) for held in combinations(DealStatus, n))]


@cache
def world(policy):
    """Every state with every event and what comes of it, as the oracle has it."""
    return [
        (
            state,
            event,
            oracle.oracle(prospect, customer, deals, event, policy),
            rule_ids(state, event, policy),
        )
        for statuses, prospect, customer in product(HOLDINGS, ProspectStatus, CustomerStatus)
        for deals in [dict(enumerate(statuses))]
        for state in [SalesStatus(prospect, customer, deals)]
        for event in events_for(deals)
    ]


def event_rule(before, event, after):
    if event.deal not in before:
        return "E1"
    if event.deal not in after:
        return "E6"
    if after == before:
        return "E3"
    return "E5" if isinstance(event, DealAssociated) else "E2"


def prospect_rule(held, policy):
    if OPEN in held:
        return "P1"
    if not held:
        return "P4"
    return "P2" if WON in held and (policy.won_masks_lost or held == {WON}) else "P3"


def customer_rule(now, before, after):
    if now is WON:
        return "C1"
    return "C2" if before is CustomerStatus.CURRENT and after is CustomerStatus.NONE else "C3"


def rule_ids(state, event, policy):
    """Which rules decide, once more from the prose; for a refusal, those that stand against it."""
    after = oracle.oracle(state.prospect, state.customer, dict(state.deals), event, policy)
    if isinstance(after, oracle.Refused):
        return tuple(after)
    if event in MANUAL:
        return ("M3",)
    _, customer, deals = after
    told = event_rule(state.deals, event, deals)
    if told == "E3":
        return (told,)
    prospect_id = prospect_rule({*deals.values()}, policy)
    return told, prospect_id, customer_rule(deals.get(event.deal), state.customer, customer)


def difference(tables, policy, monkeypatch):
    """The first state and event for which these tables say something else than the oracle; None if
    there is none."""
    table = DecisionTable.of(policy, tables)
    monkeypatch.setattr(decisions_room, "_written", lambda _: table)
    for state, event, expected, ids in world(policy):
        after = MutableStatus(state)
        decision = after.apply(event, table)
        found = (after.prospect, after.customer, after._deals)
        before = (state.prospect, state.customer, state._deals)
        if decision.effect is REFUSED:
            broken = decision.error(state, event).broken
            if found != before or tuple(row.rule for row in broken) != expected:
                return state, event
        elif found != expected or (
            event not in MANUAL and (decision.effect is NOTHING) != (found == before)
        ):
            return state, event
        if tuple(row.id for row in decide(state, event, policy).rows) != ids:
            return state, event
    return None


def survives(tables, monkeypatch):
    """Whether these tables cannot be told from the right ones by anything they do."""
    changed = [policy for policy in TELLING if tables.under(policy) != TABLES.under(policy)]
    try:
        for policy in changed:
            DecisionTable.of(policy, tables)
    except InvalidError:
        return False
    return all(difference(tables, policy, monkeypatch) is None for policy in changed)


# Mutants


def shown(member):
    if isinstance(member, frozenset | set):
        return f"{{{', '.join(sorted(map(shown, member)))}}}"
    if isinstance(member, Enum):
        return member.value
    return getattr(member, "__name__", None) or str(member)


DEAL_EVENTS = frozenset({DealAssociated, DealDissociated, *MOVES.values()})
#: What the members of each set-valued condition are taken from.
DOMAINS = {
    "some": frozenset(DealStatus),
    "none": frozenset(DealStatus),
    "now": frozenset({None, *DealStatus}),
    "before": frozenset(CustomerStatus),
    "sets": frozenset({ProspectStatusSet, CustomerStatusSet}),
    "prospect": frozenset(ProspectStatus),
    "customer": frozenset(CustomerStatus),
    "held": frozenset(DealStatus),
    "events": DEAL_EVENTS,
}
#: What a field that holds one thing can hold.
CHOICES = {"effect": tuple(Effect), "was": tuple(Was)}
OUTCOMES = {"prospect": tuple(ProspectStatus), "customer": (None, *CustomerStatus)}
SETTINGS = (
    None,
    *((switch, setting) for switch in list(SWITCHES)[:-1] for setting in SWITCHES[switch]),
)


def bent(table, row):
    """Every way to change one field of a row a little: the change in words, and the row changed."""
    for field in (field.name for field in attrs.fields(type(row))):
        value = getattr(row, field)
        if field == "held" and value is None:
            for held in (frozenset(), *({status} for status in DealStatus), DOMAINS["held"]):
                yield f"held {shown(held)}", attrs.evolve(row, held=frozenset(held))
        elif field in DOMAINS:
            if field == "held":
                yield "held anything", attrs.evolve(row, held=None)
            for member in sorted(DOMAINS[field], key=shown):
                sign = "-" if member in value else "+"
                yield (
                    f"{field} {sign} {shown(member)}",
                    attrs.evolve(row, **{field: value ^ {member}}),
                )
        else:
            others = {"when": SETTINGS, "becomes": OUTCOMES.get(table)}.get(
                field, CHOICES.get(field)
            ) or ()
            for other in others:
                if other != value:
                    yield f"{field} {shown(other)}", attrs.evolve(row, **{field: other})


def name(row):
    return row.id if row.when is None or row.id in ("M4", "M5") else f"{row.id}[{row.when[1]}]"


def all_mutants():
    for table in RULED:
        rows = getattr(TABLES, table)

        def put(*changed, table=table):
            return attrs.evolve(TABLES, **{table: tuple(changed)})

        for i, row in enumerate(rows):
            yield f"{name(row)} deleted", put(*rows[:i], *rows[i + 1 :])
            for words, changed in bent(table, row):
                yield f"{name(row)} {words}", put(*rows[:i], changed, *rows[i + 1 :])
        for i, j in combinations(range(len(rows)), 2):
            one, two = rows[i], rows[j]
            outcome = "becomes" if table in ("prospect", "customer") else "effect"
            for words, fields in (("ids", ["id"]), ("outcomes", [outcome]), ("settings", ["when"])):
                if all(getattr(one, field) == getattr(two, field) for field in fields):
                    continue
                changed = list(rows)
                changed[i] = attrs.evolve(one, **{field: getattr(two, field) for field in fields})
                changed[j] = attrs.evolve(two, **{field: getattr(one, field) for field in fields})
                yield f"{name(one)} and {name(two)} exchange their {words}", put(*changed)
            if table in (
                "customer",
                "manual",
            ):  # of the other tables exactly one row matches, in whatever order
                changed = list(rows)
                changed[i], changed[j] = two, one
                yield f"{name(one)} and {name(two)} exchange their places", put(*changed)


MUTANTS = dict(all_mutants())

#: Mutants that say the same in other words, each with the reason why.
EQUIVALENT = {
    # Table P: some deal of these kinds is held, and none of those. To add to `some` what `none`
    # forbids adds nothing.
    "P2[True] some + open": "no open deal may be held here",
    "P2[False] some + open": "no open deal may be held here",
    "P2[False] some + lost": "no lost deal may be held here",
    "P2[False] some + unqualified": "no unqualified deal may be held here",
    "P3[True] some + open": "no open deal may be held here",
    "P3[True] some + won": "no won deal may be held here",
    "P3[False] some + open": "no open deal may be held here",
    # Table C: the deal told of is among the deals held, and the first row that matches counts.
    "C2[no_deals] now + open": "a deal that is open now is held, so that this is no contact without deals",
    "C2[no_deals] now + won": "a deal that is won now is held, and C1 comes first",
    "C2[no_deals] now + lost": "a deal that is lost now is held, so that this is no contact without deals",
    "C2[no_deals] now + unqualified": "a deal that is unqualified now is held, so that this is no contact without deals",
    "C2[no_open_or_won] now - open": "a deal that is open now is held, and the row asks for none that is open",
    "C2[no_open_or_won] now + won": "a deal that is won now is held, and C1 comes first",
    "C3 now - won": "C1 comes first whenever a deal is won now",
    "C1 and C2[no_deals] exchange their places": "one is for deals won now, the other for deals held no more",
    "C1 and C2[no_open_or_won] exchange their places": "one is for deals won now, the other for all but these",
    "C2[no_deals] and C2[no_open_or_won] exchange their places": "no policy has both",
    # Table M: every refusal counts; a row that refuses nothing only says that the rest is accepted.
    "M2 and M3 exchange their places": "M3 refuses nothing, so that it is never named beside another",
    "M3 and M4 exchange their places": "M3 refuses nothing, so that it is never named beside another",
    "M2 and M4 exchange their places": "one is for a prospect status of lost, the other for one of none",
    # Table E
    "E3 events + DealDissociated": "a deal that is not held is told of as not held (E4), never as told already",
}


@pytest.mark.usefixtures("untraced")
class TestMutants:
    """No row can be taken out, no outcome redirected, no id exchanged, no condition changed without
    a difference."""

    def test_the_tables_as_they_are_equal_the_oracle(self, monkeypatch):
        assert [
            found
            for policy in CONTACT_POLICIES
            if (found := difference(TABLES, policy, monkeypatch))
        ] == []

    def test_every_name_is_of_one_mutant_and_none_is_the_original(self):
        names = Counter(words for words, _ in all_mutants())
        assert max(names.values()) == 1
        assert TABLES not in MUTANTS.values()
        assert len({id(tables) for tables in MUTANTS.values()}) == len(MUTANTS) > 300

    @pytest.mark.parametrize(
        "mutant", some((mutant for mutant in MUTANTS if mutant not in EQUIVALENT), 100)
    )
    def test_each_is_refused_or_differs_from_the_oracle(self, mutant, monkeypatch):
        assert not survives(MUTANTS[mutant], monkeypatch)

    @pytest.mark.parametrize("mutant", EQUIVALENT)
    def test_those_listed_as_equivalent_are(self, mutant, monkeypatch):
        assert survives(MUTANTS[mutant], monkeypatch)


class TestDecisionTable:
    """Tables that say nothing, or two things, make no table of decisions."""

    @pytest.mark.parametrize("table", RULED)
    def test_an_empty_table_is_refused_by_name(self, table):
        with pytest.raises(InvalidError) as caught:
            DecisionTable.of(SELL, attrs.evolve(TABLES, **{table: ()}))
        assert caught.value.place == f"Tables.{table}"

    @pytest.mark.parametrize(
        ("table", "id_"), [(table, row.id) for table in RULED for row in getattr(TABLES, table)]
    )
    def test_a_row_that_nothing_else_covers_cannot_be_missing(self, table, id_):
        without = tuple(row for row in getattr(TABLES, table) if row.id != id_)
        tables = attrs.evolve(TABLES, **{table: without})
        if id_ in (
            "C1",
            "C2",
            "M1",
            "M2",
            "M4",
            "M5",
        ):  # C3 and M3 speak for what no other row does
            assert DecisionTable.of(SELL, tables).policy is SELL
        else:
            with pytest.raises(InvalidError, match=rf"^Tables\.{table}: "):
                DecisionTable.of(SELL, tables)

    @pytest.mark.parametrize("row", TABLES.under(SELL).prospect, ids=lambda row: row.id)
    def test_two_rows_for_the_same_deals_contradict_each_other(self, row):
        with pytest.raises(InvalidError) as caught:
            DecisionTable.of(SELL, attrs.evolve(TABLES, prospect=(*TABLES.prospect, row)))
        assert caught.value.place == "Tables.prospect"
        assert caught.value.value == [row.id, row.id]

    @pytest.mark.parametrize("row", TABLES.under(SELL).events, ids=lambda row: row.id)
    def test_two_rows_for_the_same_event_contradict_each_other(self, row):
        with pytest.raises(InvalidError) as caught:
            DecisionTable.of(SELL, attrs.evolve(TABLES, events=(row, *TABLES.events)))
        assert caught.value.place == "Tables.events"
        assert caught.value.value == [row.id, row.id]

    def test_a_row_of_another_policy_is_not_read(self):
        odd = attrs.evolve(TABLES.prospect[0], when=("won_masks_lost", False))
        tables = attrs.evolve(TABLES, prospect=(*TABLES.prospect, odd))
        assert DecisionTable.of(SELL, tables).prospect == DecisionTable.of(SELL).prospect
        with pytest.raises(InvalidError):
            DecisionTable.of(Policy(won_masks_lost=False), tables)


class TestRows:
    """Each row can be cited, and says why it is so."""

    @each_policy
    def test_an_id_means_one_row_under_one_policy(self, policy):
        ids = [row.id for row in TABLES.under(policy).rows()]
        assert len(ids) == len({*ids})

    def test_the_ids_are_those_of_the_specification(self):
        spec = {"P": 4, "C": 3, "M": 5, "E": 6, "W": 10, "G": 5, "Q": 1}
        assert {row.id for row in TABLES.rows()} == {
            f"{s}{i}" for s, n in spec.items() for i in range(1, n + 1)
        }

    @each_policy
    def test_what_no_policy_takes_away_is_always_there(self, policy):
        switched = {
            "C2": policy.customer_until != "marked_past",
            "M4": policy.clearing == "needs_no_deals",
            "M5": policy.manual_prospect == "never",
        }
        there = {row.id for row in TABLES.under(policy).rows()}
        assert {row.id for row in TABLES.rows()} - there == {
            id_ for id_, holds in switched.items() if not holds
        }

    @pytest.mark.parametrize("row", TABLES.rows(), ids=name)
    def test_each_row_gives_its_reason_and_its_source(self, row):
        assert row.reason.strip() == row.reason != ""
        assert row.source in SOURCES
        assert SOURCES[row.source]
        assert isinstance(row.sure, Sure)

    @pytest.mark.parametrize("row", TABLES.rows(), ids=name)
    def test_each_setting_is_one_of_the_policy(self, row):
        if row.when is not None:
            switch, setting = row.when
            assert setting in SWITCHES[switch]
            assert getattr(Policy(**{switch: setting}), switch) == setting

    @pytest.mark.parametrize("table", RULED)
    def test_no_row_asks_for_the_company(self, table):
        assert [
            row for row in getattr(TABLES, table) if row.when and row.when[0] == "company_link"
        ] == []

    @pytest.mark.parametrize("row", [*TABLES.manual, *TABLES.events], ids=name)
    def test_a_refusal_says_what_it_requires(self, row):
        assert row.requires or row.effect is not REFUSED

    def test_the_sections_follow_each_other(self):
        assert list(dict.fromkeys(row.id[0] for row in TABLES.rows())) == list("PCMEWGQ")


def canonical(state):
    """The same state with its deals renumbered, for which deal is which makes no difference."""
    statuses = sorted(state.deals.values(), key=list(DealStatus).index)
    return SalesStatus(state.prospect, state.customer, dict(enumerate(statuses)))


@cache
def reachable(policy, most=3):
    """Every state that accepted events lead to from nothing, with up to so many deals; and the rows
    that spoke."""
    met, waiting, spoke = {SalesStatus()}, [SalesStatus()], set()
    while waiting:
        state = waiting.pop()
        for event in events_for(state.deals):
            spoke.update(decide(state, event, policy).rows)
            if refusal(state, event, policy) is None:
                then = canonical(transition(state, event, policy))
                if then not in met and len(then.deals) <= most:
                    met.add(then)
                    waiting.append(then)
    return met, spoke


class TestEveryState:
    """Every state with every event, without exception."""

    @pytest.mark.parametrize(
        "policy", [*PRESETS.values(), *CONTACT_POLICIES[len(PRESETS) :]], ids=str
    )
    def test_every_event_is_accepted_or_refused_by_name(self, policy):
        held = {row.id for row in TABLES.under(policy).rows()}
        for state, event, expected, _ in world(policy):
            error = refusal(state, event, policy)
            if error is None:
                after = transition(state, event, policy)
                assert (after.prospect, after.customer, after._deals) == expected
            else:
                assert error.rules == expected
                assert {*error.rules} <= held & {"M1", "M2", "M4", "M5", "E4"}
                assert all(broken.requires for broken in error.broken)
                with pytest.raises(GuardError) as caught:
                    transition(state, event, policy)
                assert caught.value == error

    def test_four_deals_of_any_statuses_are_like_fewer(self):
        for policy in (
            SELL,
            Policy(
                won_masks_lost=False, customer_until="no_open_or_won", clearing="needs_no_deals"
            ),
        ):
            for statuses in combinations_with_replacement(DealStatus, 4):
                deals = dict(enumerate(statuses))
                state = SalesStatus(ProspectStatus.LOST, CustomerStatus.CURRENT, deals)
                for event in events_for(deals):
                    expected = oracle.oracle(state.prospect, state.customer, deals, event, policy)
                    error = refusal(state, event, policy)
                    if error is None:
                        after = transition(state, event, policy)
                        assert (after.prospect, after.customer, after._deals) == expected
                    else:
                        assert error.rules == expected

    @pytest.mark.parametrize("policy", CONTACT_POLICIES, ids=str)
    def test_no_row_is_dead(self, policy):
        _, spoke = reachable(policy)
        tables = TABLES.under(policy)
        assert {row for table in RULED for row in getattr(tables, table)} == spoke

    @pytest.mark.parametrize("policy", CONTACT_POLICIES, ids=str)
    def test_no_accepted_history_leads_where_the_guards_forbid(self, policy):
        states, _ = reachable(policy)
        for state in states:
            held = {*state.deals.values()}
            if OPEN in held:
                assert state.prospect is ProspectStatus.CURRENT
            if WON in held and policy.won_masks_lost:
                assert state.prospect is not ProspectStatus.LOST
            if policy.manual_prospect == "never":
                assert state.prospect is oracle.prospect_of(held, policy)

    def test_all_nine_pairs_of_statuses_are_reachable(self):
        pairs = {(state.prospect, state.customer) for state in reachable(SELL)[0]}
        assert pairs == {*product(ProspectStatus, CustomerStatus)}

    def test_a_set_of_deals_and_statuses_is_reachable_with_three_deals_if_with_four(self):
        three, four = (
            {
                (frozenset(state.deals.values()), state.prospect, state.customer)
                for state in reachable(SELL, most)[0]
            }
            for most in (3, 4)
        )
        assert {abstract for abstract in four if len(abstract[0]) < 4} == three


# "The rules decide; no status is written anywhere else."

STATUS_ENUMS = {"ProspectStatus", "CustomerStatus"}
TELLING_NAMES = {*STATUS_ENUMS, "SalesStatus"}
MEMBERS = {*ProspectStatus.__members__, *CustomerStatus.__members__}
AXES = {"prospect", "customer"}
#: Where a status may be named as such; elsewhere it comes from these, or from outside.
NAMES_STATUSES = {"rules", "labels"}
#: Where a status may be made from the two of another: what was written down, and the same one with
#: deals renumbered.
COPIES_STATUSES = {"converter", "exploration"}
#: Where one is made of what a CRM has stored, be it right or wrong, to ask the rules about it.
SAYS_WHAT_IS_STORED = {"verdicts", "account"}
#: What may be evolved with fields that are not named there, module by module: leads and contacts,
#: which have no such field.
EVOLVES_OTHERS = {
    ("stages", "lead"),
    ("request", "lead"),
    ("conversion", "record.contact"),
    ("engine", "column.forms"),
}


def called(node):
    """The last name of what is called: `evolve` of `attrs.evolve(…)`."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def is_copy(call):
    """Whether a call is `SalesStatus(other.prospect, other.customer, …)`, both of one other."""
    pair = call.args[:2]
    return (
        len(pair) == 2
        and [getattr(part, "attr", None) for part in pair] == ["prospect", "customer"]
        and ast.dump(pair[0].value) == ast.dump(pair[1].value)
    )


def found_in_call(node, module):
    name = called(node)
    keywords = {keyword.arg for keyword in node.keywords}
    made = (
        name == "SalesStatus" and (node.args or node.keywords) and module not in SAYS_WHAT_IS_STORED
    )
    if made and not (module in COPIES_STATUSES and is_copy(node)):
        yield "makes a SalesStatus"
    if name == "trusted" and module not in {"decisions", "transitions"}:
        yield "makes a SalesStatus unchecked"
    if name in ("evolve", "replace") and keywords & {*AXES, None}:
        other = [(module, ast.unparse(evolved)) for evolved in node.args[:1]]
        if keywords & AXES or not EVOLVES_OTHERS.issuperset(other) or not other:
            yield "evolves a status"
    if (
        name in ("setattr", "__setattr__")
        and {getattr(argument, "value", None) for argument in node.args} & AXES
    ):
        yield "sets a status by name"
    if name in STATUS_ENUMS and any(isinstance(argument, ast.Constant) for argument in node.args):
        yield "makes a status of its value"


def is_member(node):
    named = getattr(node, "value", None)
    enum = getattr(named, "id", getattr(named, "attr", None))
    if isinstance(node, ast.Subscript):
        return enum in STATUS_ENUMS and isinstance(node.slice, ast.Constant)
    return isinstance(node, ast.Attribute) and enum in STATUS_ENUMS and node.attr in MEMBERS


def may_name(module, above):
    """Whether a status may be named here, by the nodes above the name."""
    if module == "model":
        return any(isinstance(node, ast.keyword) and node.arg == "default" for node in above)
    if module == "transitions":
        return any(
            isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_STRONGEST"
            for node in above
        )
    if module in ("explanation", "verdicts"):
        return isinstance(above[-1], ast.Compare)
    return module in NAMES_STATUSES


def found_at(node, above, module):
    if isinstance(node, ast.Call):
        yield from found_in_call(node, module)
    if is_member(node) and not may_name(module, above):
        yield "names a status"
    if isinstance(node, ast.Attribute) and node.attr in AXES and not isinstance(node.ctx, ast.Load):
        inside = {parent.name for parent in above if isinstance(parent, ast.ClassDef)}
        if (module, inside) != ("decisions", {"MutableStatus"}):
            yield "writes a status"
    if module != "model" and str(getattr(node, "id", getattr(node, "name", ""))).startswith(
        "_write_"
    ):
        yield "takes the slots' own setters"
    if isinstance(node, ast.alias) and node.name in TELLING_NAMES and node.asname:
        yield "hides a name"
    if isinstance(node, ast.Assign) and getattr(node.value, "id", None) in TELLING_NAMES:
        yield "hides a name"


def writings(source, module):
    """What in a module makes, writes or names a status where it must not, with the lines."""
    found = []

    def walk(node, above):
        found.extend(f"line {node.lineno} {what}" for what in found_at(node, above, module))
        for child in ast.iter_child_nodes(node):
            walk(child, (*above, node))

    walk(ast.parse(source), ())
    return found


#: All but what is for testers, where any status is drawn.
MODULES = sorted(
    path for path in Path(salesstatus.__file__).parent.rglob("*.py") if "testing" not in path.parts
)


class TestNoStatusIsWrittenAnywhereElse:
    """The rules decide: only `MutableStatus` in decisions writes statuses, and only the tables name
    them."""

    @pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
    def test_no_module_decides_a_status_by_itself(self, path):
        assert writings(path.read_text("utf-8"), path.stem) == []

    def test_the_modules_are_there_to_be_read(self):
        assert {"model", "rules", "transitions", "converter", "history", "propagation"} <= {
            path.stem for path in MODULES
        }

    @pytest.mark.parametrize(
        "module",
        ["history", "propagation", "merging", "converter", "transitions", "explanation", "model"],
    )
    @pytest.mark.parametrize(
        ("planted", "what"),
        [
            ("s = SalesStatus(status)", "makes a SalesStatus"),
            ("s = model.SalesStatus(deals=deals)", "makes a SalesStatus"),
            ("s = SalesStatus(a.prospect, b.customer)", "makes a SalesStatus"),
            ("s = SalesStatus(a.prospect, other, deals)", "makes a SalesStatus"),
            ("state.prospect = status", "writes a status"),
            ("state.customer: object = status", "writes a status"),
            ("state.prospect, n = status, 1", "writes a status"),
            ("state.customer += 1", "writes a status"),
            ("for state.customer in statuses: pass", "writes a status"),
            ("del state.prospect", "writes a status"),
            ("attrs.evolve(state, customer=x)", "evolves a status"),
            ("evolve(state, **changes)", "evolves a status"),
            ("setattr(state, 'prospect', x)", "sets a status by name"),
            ("object.__setattr__(state, 'customer', x)", "sets a status by name"),
            ("x = ProspectStatus.LOST", "names a status"),
            ("x = model.CustomerStatus.PAST", "names a status"),
            ("def f(x=CustomerStatus.NONE): pass", "names a status"),
            ("x = ProspectStatus['LOST']", "names a status"),
            ("x = ProspectStatus('lost')", "makes a status of its value"),
            ("NONE, CURRENT, LOST = ProspectStatus", "hides a name"),
            ("P = ProspectStatus", "hides a name"),
            ("from salesstatus.model import CustomerStatus as C", "hides a name"),
        ],
    )
    def test_what_is_planted_is_found(self, module, planted, what):
        source = f"def use(state, status):\n    {planted}\n"
        assert writings(source, module) == [f"line 2 {what}"]

    @pytest.mark.parametrize(
        ("planted", "module", "found"),
        [
            ("s = SalesStatus(a.prospect, a.customer, deals)", "converter", False),
            ("s = SalesStatus(a.prospect, a.customer, deals)", "history", True),
            ("s = SalesStatus.trusted(p, c, d, 0)", "transitions", False),
            ("s = SalesStatus.trusted(p, c, d, 0)", "converter", True),
            ("class MutableStatus:\n    def f(self): self.prospect = 1", "decisions", False),
            ("class MutableStatus:\n    def f(self): self.prospect = 1", "transitions", True),
            ("class Other:\n    def f(self): self.prospect = 1", "decisions", True),
            ("_STRONGEST: Final = (CustomerStatus.CURRENT,)", "transitions", False),
            ("_WEAKEST: Final = (CustomerStatus.CURRENT,)", "transitions", True),
            ("if x is CustomerStatus.PAST: pass", "explanation", False),
            ("if x is CustomerStatus.PAST: pass", "history", True),
            ("if x is CustomerStatus.PAST: pass", "verdicts", False),
            ("x = CustomerStatus.PAST", "verdicts", True),
            ("s = SalesStatus(stored, other, deals)", "verdicts", False),
            ("s = SalesStatus(stored, other, deals)", "account", False),
            ("s = SalesStatus(stored, other, deals)", "facts", True),
            ("x = field(default=CustomerStatus.NONE)", "model", False),
            ("x = field(default=CustomerStatus.NONE)", "propagation", True),
            ("x = ProspectRow(becomes=ProspectStatus.LOST)", "rules", False),
            ("_write_prospect(state, status)", "model", False),
            ("from salesstatus.model import _write_prospect", "history", True),
            ("attrs.evolve(lead, **changed)", "stages", False),
            ("attrs.evolve(lead, **changed)", "history", True),
            ("attrs.evolve(state, **changed)", "stages", True),
            ("attrs.evolve(lead, prospect=x, **changed)", "stages", True),
            ("attrs.evolve(**changed)", "stages", True),
        ],
    )
    def test_each_permission_is_for_its_place_only(self, planted, module, found):
        assert bool(writings(planted, module)) is found

    def test_what_may_be_evolved_with_anything_has_no_such_field(self):
        assert not AXES & {*attrs.fields_dict(Lead), *attrs.fields_dict(Contact)}

    def test_reading_is_free(self):
        source = """
        if state.prospect is status and state.customer in wanted: seen[state.prospect] = SalesStatus()
        for status in ProspectStatus: kind = ProspectStatus if axis else CustomerStatus
        attrs.evolve(deal, company=None); class_(prospect=status)
        """
        assert (
            writings("\n".join(line.strip() for line in source.strip().splitlines()), "history")
            == []
        )


# "A rule is said once: who speaks of it cites its row."

#: The rooms of rows.
ROOMS_OF_ROWS = {"statements.py", "data_rules.py", "rules.py", "leads/rules.py"}
#: Rooms that may quote ids, with the texts that do.
QUOTED = {
    "show/text.py": "# The rules",  # the introduction of the printed page says how to read it
    "cli/example.py": "K5, M1 and the like are their ids",  # the tour says what ids look like
}


def quoted_ids(source):
    """The texts of a module with a rule id in them, docstrings left out, with the lines."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        f"line {node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"\b[PCMEWGQKLTA]\d+\b", node.value)
        and id(node) not in docs
    ]


class TestNoRuleIsQuoted:
    """Ids stand in the rows alone."""

    @pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
    def test_no_room_quotes_an_id(self, path):
        room = path.relative_to(Path(salesstatus.__file__).parent).as_posix()
        if room in ROOMS_OF_ROWS:
            assert quoted_ids(path.read_text("utf-8"))
        elif room in QUOTED:
            (quoted,) = quoted_ids(path.read_text("utf-8"))
            assert QUOTED[room] in quoted
        else:
            assert quoted_ids(path.read_text("utf-8")) == []

    def test_what_is_planted_is_found_and_docstrings_do_not_count(self):
        planted = '"""W6"""\nraise InvalidError("a", b, "c", "W6")\nx = "W6: so it is"\n'
        assert {*quoted_ids(planted)} == {"line 2: W6", "line 3: W6: so it is"}
