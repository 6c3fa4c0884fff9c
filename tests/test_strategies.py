"""The strategies that are shipped: what they draw is valid, reaches the edges, and is as they
say."""

import inspect
import warnings
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import attrs
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning, NoSuchExample
from hypothesis.vendor.pretty import pretty

from effort import examples, some
from salesstatus import (
    SELL,
    SELL_NEWEST,
    TEAMGATE,
    Contact,
    ContactKind,
    ConversionRequest,
    CustomerStatus,
    CustomerStatusSet,
    DealAssociated,
    DealDeleted,
    DealDissociated,
    DealSaved,
    DealStatus,
    DealWon,
    Entry,
    FieldType,
    InvalidError,
    MergeError,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    audience,
    merge_contacts,
    plan_conversion,
    refusal,
    replay,
    transition,
    wire,
)
from salesstatus.desk import Desk
from salesstatus.events import CONTACT_EVENTS
from salesstatus.exploration import explore
from salesstatus.keys import email_key, phone_key
from salesstatus.leads import SELL_STAGES, SETUP, StageMeaning
from salesstatus.leads.custom_fields import unfit
from salesstatus.memory import MemoryStore
from salesstatus.testing import strategies
from salesstatus.testing.from_type import STRATEGIES, strategy_of
from salesstatus.testing.strategies.of_contacts import reachable_pairs
from salesstatus.values import check_id

law = settings(max_examples=examples(100), deadline=None)
#: Every policy that the statuses of one contact depend on.
POLICIES = [
    Policy(won_masks_lost=masks, customer_until=until, clearing=clearing, manual_prospect=manual)
    for masks in (True, False)
    for until in ("no_deals", "no_open_or_won", "marked_past")
    for clearing in ("free", "needs_no_deals")
    for manual in ("guarded", "never")
]


def drawn(strategy, condition=lambda _: True, *, simplest=False):
    """Return a value for which a condition holds; the simplest only if asked, for that takes a
    while."""
    phases = [Phase.generate, Phase.shrink] if simplest else [Phase.generate]
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", HypothesisWarning
        )  # that what is not the simplest is long to show
        return find(
            strategy,
            condition,
            settings=settings(max_examples=3000, derandomize=True, database=None, phases=phases),
        )


def all_drawn(strategy, examples):
    """Return many values."""
    found = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


def shape(status):
    """What of a status the rules look at."""
    return status.prospect, status.customer, frozenset(status.deals.values())


class TestNames:
    """What a user meets: names, docstrings, options, and failures that can be read."""

    def test_everything_public_is_told(self):
        for name in strategies.__all__:
            value = getattr(strategies, name)
            assert (
                not callable(value) or isinstance(value, st.SearchStrategy) or inspect.getdoc(value)
            ), name

    def test_every_function_draws(self):
        asked = {"accepted_events": [SalesStatus()], "refused_events": [SalesStatus()]}
        functions = [
            name for name in strategies.__all__ if inspect.isfunction(getattr(strategies, name))
        ]
        assert len(functions) > 50
        for name in functions:
            assert all_drawn(getattr(strategies, name)(*asked.get(name, [])), 3), name

    def test_a_strategy_is_shown_on_a_few_lines(self):
        for class_ in STRATEGIES:
            # Of more than 30,000 Hypothesis warns.
            assert len(repr(strategy_of(class_))) < 20_000, class_
        assert len(repr(strategies.leads())) < 2_000

    def test_a_setup_is_shown_on_a_few_lines(self):
        assert len(pretty(SETUP)) < 2_000

    def test_a_field_is_told_as_a_value_or_as_a_strategy(self):
        deal = drawn(
            strategies.deals(id=7, status=DealStatus.WON, primary=st.sampled_from(["ann", "bob"]))
        )
        assert (deal.id, deal.status) == (7, DealStatus.WON)
        assert deal.primary in ("ann", "bob")
        assert drawn(strategies.contacts(company=None, tags=["vip"])).tags == {"vip"}
        assert drawn(strategies.policies(clearing="needs_no_deals")).clearing == "needs_no_deals"

    def test_nobody_works_for_itself_whatever_is_told(self):
        few = st.sampled_from(["acme", "ann"])
        assert {
            person.id for person in all_drawn(strategies.persons(any_id=few, company="acme"), 30)
        } == {"ann"}
        assert {
            move.contact
            for move in all_drawn(strategies.employees_moved(any_id=few, company="acme"), 30)
        } == {"ann"}
        for drawn_by_itself in (
            strategies.persons(any_id=few),
            strategies.employees_moved(any_id=few),
        ):
            assert {record.company for record in all_drawn(drawn_by_itself, 300)} == {
                None,
                "acme",
                "ann",
            }

    @pytest.mark.parametrize(
        ("make", "class_"),
        [(strategies.deals, "Deal"), (strategies.persons, "Contact"), (strategies.leads, "Lead")],
    )
    def test_what_is_no_field_is_named_at_once(self, make, class_):
        with pytest.raises(InvalidError) as caught:
            make(primery="ann")
        assert (caught.value.place, caught.value.value) == (f"{class_}.primery", "ann")
        assert "id" in caught.value.expected

    @law
    @given(
        strategies.deals(any_id=st.integers(1, 9), any_text=strategies.texts(max_size=5)),
        strategies.leads(any_id=st.integers(1, 9), any_text=strategies.texts(max_size=5)),
        strategies.standings(any_id=st.integers(1, 9), any_text=strategies.texts(max_size=5)),
    )
    def test_the_strategies_of_ids_and_texts_go_for_every_field(self, deal, lead, standing):
        ids = [
            deal.id,
            deal.primary,
            deal.company,
            *deal.involved,
            lead.id,
            lead.person_id,
            lead.company_id,
        ]
        ids += [standing.id, standing.contact.company, *standing.status.deals]
        assert {type(id_) for id_ in ids} <= {int, type(None)}
        names = [name for record in (deal, lead, standing.contact) for name in record.custom_fields]
        for text in (
            *texts_of(deal),
            *texts_of(lead),
            *texts_of(lead.address),
            *texts_of(standing.contact),
            *names,
        ):
            assert len(text) <= 11  # a person is called by two names

    def test_a_class_that_has_no_strategy_is_named(self):
        for wrong in (str, 7, ProspectStatus):
            with pytest.raises(InvalidError) as caught:
                strategy_of(wrong)
            assert caught.value.value is wrong


def texts_of(record):
    found = [getattr(record, field.name) for field in attrs.fields(type(record))]
    return [
        text
        for value in found
        for text in (value if isinstance(value, frozenset) else [value])
        if type(text) is str
    ]


class TestEdges:
    """Values reach as far as what they stand for."""

    @pytest.mark.parametrize(
        "condition",
        [
            lambda id_: id_ == 1 and type(id_) is int,
            lambda id_: id_ == "1",
            lambda id_: type(id_) is int and id_ > 2**64,
            lambda id_: type(id_) is int and id_ < -(2**63),
            lambda id_: type(id_) is str and len(id_) > 200,
        ],
    )
    def test_ids_of_both_kinds(self, condition):
        found = drawn(strategies.ids(), condition)
        check_id("id", found)

    @pytest.mark.parametrize(
        "part", ["\0", "'", "\n", "\u200d", "\ufeff", "é", "e\u0301", "x" * 200]
    )
    def test_texts_that_programs_stumble_over(self, part):
        assert part in drawn(strategies.texts(), lambda text: part in text)

    def test_texts_are_empty_and_as_short_or_long_as_told(self):
        assert drawn(strategies.texts(), simplest=True) == ""
        assert drawn(strategies.texts(max_size=0)) == ""
        assert {len(text) for text in all_drawn(strategies.texts(min_size=2, max_size=3), 100)} == {
            2,
            3,
        }

    def test_lone_surrogates_are_an_option_and_the_wire_holds_them(self):
        def is_lone(text):
            return any("\ud800" <= character <= "\udfff" for character in text)

        with pytest.raises(NoSuchExample):
            drawn(strategies.texts(), is_lone)
        broken = drawn(strategies.texts(surrogates=True), is_lone)
        deal = drawn(strategies.deals(id=broken, name=broken))
        assert wire.loads(wire.dumps(deal)) == deal
        assert wire.dumps(deal).isascii()

    def test_times_reach_the_first_and_the_last_and_have_zones(self):
        for edge in (
            datetime.min.replace(tzinfo=timezone.utc),
            datetime.max.replace(tzinfo=timezone.utc),
        ):
            assert drawn(strategies.times(), lambda at, edge=edge: at == edge).tzinfo is not None
        abroad = drawn(strategies.times(), lambda at: at.utcoffset() != timedelta(0))
        assert drawn(strategies.deals(created_at=abroad)).created_at == abroad

    @law
    @given(st.data())
    def test_times_between_two_others(self, data):
        first, last = sorted(data.draw(st.tuples(strategies.times(), strategies.times())))
        assert first <= data.draw(strategies.times(first, last)) <= last

    def test_amounts_have_every_exponent_and_kind_of_zero(self):
        zero = drawn(strategies.amounts(), lambda amount: amount == 0 and amount.is_signed())
        great = drawn(strategies.amounts(), lambda amount: amount.adjusted() > 6000)
        small = drawn(
            strategies.amounts(), lambda amount: amount != 0 and amount.adjusted() < -6000
        )
        long = drawn(strategies.amounts(), lambda amount: len(amount.as_tuple().digits) > 50)
        for amount in (zero, great, small, long):
            deal = drawn(strategies.deals(value=amount))
            assert wire.loads(wire.dumps(deal)).value.as_tuple() == amount.as_tuple()

    @law
    @given(
        strategies.amounts(places=2, min_value=Decimal(0), max_value=Decimal(1000)),
        strategies.amounts(min_value=Decimal(1), max_value=Decimal(13)),
    )
    def test_amounts_as_a_column_holds_them(self, fixed, bounded):
        assert fixed.as_tuple().exponent == -2
        assert 0 <= fixed <= 1000
        assert 1 <= bounded <= 13

    @law
    @given(strategies.emails(), strategies.phones())
    def test_emails_and_phones_are_taken_for_such(self, email, phone):
        assert email_key(email) != ""
        assert phone_key(phone) != ""

    @law
    @given(st.one_of([strategy_of(class_) for class_ in wire.TAGS]))
    def test_the_wire_holds_everything(self, value):
        assert wire.loads(wire.dumps(value)) == value


class TestT3:
    """A custom field holds values of its type."""

    @pytest.mark.parametrize("kind", FieldType)
    def test_values_that_fit_a_definition(self, kind):
        for definition in all_drawn(strategies.field_definitions(type=kind), examples(20)):
            assert definition.type is kind
            values = all_drawn(strategies.field_values(definition), examples(20))
            assert [unfit(definition, value) for value in values] == [""] * len(values)

    @law
    @given(st.data(), strategies.setups())
    def test_custom_fields_of_definitions(self, data, setup):
        fields = data.draw(strategies.custom_fields(setup.fields))
        assert all(unfit(setup.definition(name), value) == "" for name, value in fields.items())


class TestStatuses:
    """Reachable ones are those that accepted histories lead to: all of them, and no others."""

    @pytest.mark.parametrize("policy", some(POLICIES, 4), ids=str)
    def test_the_walk_over_all_states_meets_the_same(self, policy):
        walked = {shape(move.before) for move in explore(policy)}
        found = {
            (*pair, kinds) for kinds, pairs in reachable_pairs(policy).items() for pair in pairs
        }
        assert found == walked
        # How many deals of a kind are held makes no difference. (With four, the walk has no room
        # for another one.)
        states = {
            move.before for move in explore(policy) if len(move.before.deals) < len(DealStatus)
        }
        counts = {tuple(state.deals.values()) for state in states}
        assert {
            (state.prospect, state.customer, tuple(state.deals.values())) for state in states
        } == {(*pair, held) for held in counts for pair in reachable_pairs(policy)[frozenset(held)]}

    def test_the_walk_meets_every_state_of_up_to_four_deals(self):
        held = dict.fromkeys(range(1, 5), DealStatus.WON)
        state = SalesStatus(deals=held)
        assert state in histories_lead_to(held, SELL_NEWEST)
        assert state in {move.before for move in explore(SELL_NEWEST)}

    def test_each_is_drawn(self):
        few_deals = strategies.reachable_statuses(any_id=st.integers(1, 4))
        assert {shape(status) for status in all_drawn(few_deals, 1500)} == {
            shape(move.before) for move in explore()
        }

    @law
    @given(st.data(), strategies.policies())
    def test_each_drawn_has_a_history(self, data, policy):
        status = data.draw(strategies.reachable_statuses(policy))
        assert status in histories_lead_to(status.deals, policy)

    def test_statuses_are_also_what_no_history_leads_to(self):
        impossible = (ProspectStatus.LOST, CustomerStatus.NONE, frozenset({DealStatus.OPEN}))
        assert impossible not in {shape(move.before) for move in explore()}
        assert (
            shape(drawn(strategies.statuses(), lambda status: shape(status) == impossible))
            == impossible
        )

    def test_the_number_of_deals_can_be_told(self):
        found = all_drawn(
            strategies.reachable_statuses(max_deals=2, any_id=strategies.FEW_IDS), 100
        )
        assert {len(status.deals) for status in found} == {0, 1, 2}


def histories_lead_to(deals, policy):
    """Walk all statuses with these deals, by whatever a contact may hear while it holds another
    deal or does not."""
    other = object.__hash__(deals)
    while other in deals:
        other += 1
    waiting = []
    for won_first in (True, False):
        state = SalesStatus()
        for deal in sorted(
            deals, key=lambda deal: (deals[deal] is DealStatus.WON) is not won_first
        ):
            state = transition(state, DealAssociated(deal, deals[deal]), policy)
        waiting.append(state)
    events = [
        *(ProspectStatusSet(status) for status in ProspectStatus),
        *(CustomerStatusSet(status) for status in CustomerStatus),
        *(DealAssociated(other, status) for status in DealStatus),
        DealDissociated(other),
    ]
    met = set()
    while waiting:
        state = waiting.pop()
        if state not in met:
            met.add(state)
            waiting += [
                transition(state, event, policy)
                for event in events
                if refusal(state, event, policy) is None
            ]
    return met


class TestEvents:
    """Accepted ones are never refused, refused ones are never accepted, and each kind there is
    occurs."""

    @law
    @given(st.data(), strategies.policies())
    def test_accepted_events_are_accepted(self, data, policy):
        state = data.draw(strategies.reachable_statuses(policy) | strategies.statuses())
        event = data.draw(strategies.accepted_events(state, policy))
        assert refusal(state, event, policy) is None

    def test_no_deals_are_told_of_but_those_held_and_those_named(self):
        state = SalesStatus(deals={"held": DealStatus.WON})
        for strategy in (strategies.accepted_events, strategies.refused_events):
            told = all_drawn(strategy(state, any_id=st.just("named")), 200)
            assert {event.deal for event in told if event.deal != ""} <= {"held", "named"}

    @law
    @given(st.data(), strategies.policies())
    def test_refused_events_are_refused(self, data, policy):
        state = data.draw(strategies.reachable_statuses(policy) | strategies.statuses())
        event = data.draw(strategies.refused_events(state, policy))
        assert refusal(state, event, policy) is not None

    @pytest.mark.parametrize("kind", CONTACT_EVENTS)
    def test_every_kind_of_event_is_accepted_somewhere(self, kind):
        both = strategies.reachable_statuses().flatmap(
            lambda state: st.tuples(st.just(state), strategies.accepted_events(state))
        )
        state, event = drawn(both, lambda found: type(found[1]) is kind)
        assert refusal(state, event) is None

    def test_some_change_nothing_and_some_bring_new_deals(self):
        state = SalesStatus(ProspectStatus.CURRENT, deals={1: DealStatus.OPEN})
        accepted = strategies.accepted_events(state)
        assert (
            transition(state, drawn(accepted, lambda event: transition(state, event) is state))
            is state
        )
        new = drawn(accepted, lambda event: (event.deal or 1) not in state.deals)
        assert len(transition(state, new).deals) == 2

    @pytest.mark.parametrize("rule", ["M1", "M2", "M4", "M5", "E4"])
    def test_every_rule_refuses_somewhere(self, rule):
        policy = {"M4": SELL_NEWEST, "M5": TEAMGATE}.get(rule, SELL)
        refused = strategies.reachable_statuses(policy).flatmap(
            lambda state: st.tuples(st.just(state), strategies.refused_events(state, policy))
        )
        state, event = drawn(refused, lambda found: rule in refusal(*found, policy).rules)
        assert rule in refusal(state, event, policy).rules

    @pytest.mark.parametrize("kind", CONTACT_EVENTS)
    def test_every_kind_of_event_is_drawn(self, kind):
        assert type(drawn(strategies.events(), lambda event: type(event) is kind)) is kind


def deals_of(history):
    return {record.deal.id for record in history if isinstance(record, DealSaved)}


class TestHistories:
    """Whole histories are in time, and accepted."""

    @law
    @given(strategies.deal_histories(), strategies.policies())
    def test_no_deal_history_is_refused(self, history, policy):
        assert replay(history, policy).accepted == len(history)
        assert all(one.at <= next_.at for one, next_ in pairwise(history))

    @pytest.mark.parametrize(
        "condition",
        [
            lambda history: any(isinstance(record, DealDeleted) for record in history),
            lambda history: len({record.at for record in history}) < len(history),
            lambda history: (
                max((len(status.deals) for status in replay(history).statuses.values()), default=0)
                > 1
            ),
            lambda history: (
                len(deals_of(history))
                < len([record for record in history if isinstance(record, DealSaved)])
            ),
            lambda history: (
                deals_of(history[:-1]) == deals_of(history) and isinstance(history[-1], DealSaved)
            ),
        ],
        ids=["deleted", "at equal times", "meeting", "saved again", "revived"],
    )
    def test_every_turn_occurs(self, condition):
        assert condition(
            drawn(strategies.deal_histories(), lambda history: history != [] and condition(history))
        )

    @law
    @given(
        strategies.deal_histories(
            strategies.deals(any_id=strategies.FEW_IDS), at=strategies.times(), max_size=5
        )
    )
    def test_whole_deals_at_any_time(self, history):
        assert replay(history).accepted == len(history) <= 5

    @law
    @given(st.data(), strategies.policies())
    def test_no_contact_history_is_refused(self, data, policy):
        history = data.draw(strategies.contact_histories(policy, min_size=1))
        replayed = replay(history, policy)
        assert (replayed.accepted, len(replayed.statuses)) == (len(history), 1)

    @pytest.mark.parametrize("kind", CONTACT_EVENTS)
    def test_contacts_hear_events_of_every_kind(self, kind):
        history = drawn(
            strategies.contact_histories(),
            lambda found: any(type(entry.event) is kind for entry in found),
        )
        assert kind in {type(entry.event) for entry in history}

    def test_a_history_is_of_whom_and_of_what_is_told(self):
        told = strategies.contact_histories(
            contact=st.just("ann"), any_id=st.just(7), min_size=3, max_size=4
        )
        for history in all_drawn(told, 30):
            assert {entry.contact for entry in history} == {"ann"}
            assert {entry.event.deal or 7 for entry in history} == {7}
            assert 3 <= len(history) <= 4

    @law
    @given(strategies.entries(event=st.just(DealWon(1)), sequence=st.integers(1, 3)))
    def test_an_entry_is_what_is_told(self, entry):
        assert entry == Entry(entry.at, entry.contact, DealWon(1), entry.sequence)
        assert entry.sequence in (1, 2, 3)


class TestLeads:
    """Leads, and what they become."""

    @law
    @given(strategies.leads())
    def test_a_conversion_is_that_of_the_lead(self, lead):
        assert lead.conversion is None or lead.conversion.lead == lead.id

    def test_a_lead_agrees_with_what_is_told_of_it(self):
        record = drawn(strategies.conversion_records(lead="L-1"))
        assert drawn(strategies.leads(conversion=record)).id == "L-1"
        converted = drawn(strategies.leads(id="L-2"), lambda lead: lead.conversion is not None)
        assert converted.conversion.lead == "L-2"
        with pytest.raises(InvalidError, match="K13"):
            drawn(strategies.leads(id="L-2", conversion=record))

    @law
    @given(st.data(), strategies.setups(rights=None))
    def test_nothing_stands_against_a_convertible_lead(self, data, setup):
        lead = data.draw(strategies.convertible_leads(setup))
        assert plan_conversion(lead, ConversionRequest(deal=True, task=True), setup).broken == ()

    def test_convertible_leads_are_persons_companies_or_both(self):
        for wanted in ((True, False), (False, True), (True, True)):
            found = drawn(
                strategies.convertible_leads(),
                lambda lead, wanted=wanted: (
                    (lead.last_name.strip() != "", lead.organization_name.strip() != "") == wanted
                ),
            )
            assert (found.last_name.strip() != "", found.organization_name.strip() != "") == wanted

    def test_requests_hold_everything_that_can_be_asked(self):
        for name in ("targets", "deal", "task", "corrections", "person", "company", "key", "owner"):
            request = drawn(
                strategies.requests(), lambda request, name=name: bool(getattr(request, name))
            )
            assert getattr(request, name)
        corrected = drawn(
            strategies.requests(), lambda request: "custom_fields" in request.corrections
        )
        assert isinstance(corrected, ConversionRequest)

    @law
    @given(strategies.stage_books(), strategies.stage_books(free=True))
    def test_books_are_books(self, book, free):
        assert len(book.of(StageMeaning.SUCCESS)) == 1
        assert free.free


class TestAccounts:
    """In whole accounts all agrees."""

    @law
    @given(st.data(), strategies.policies())
    def test_statuses_follow_from_the_deals(self, data, policy):
        account = data.draw(strategies.accounts(policy))
        day = datetime(2026, 5, 4, tzinfo=timezone.utc)
        replayed = replay([DealSaved(day, deal) for deal in account.deals], policy).statuses
        assert account.policy == policy
        for contact, status in account.statuses.items():
            assert status == replayed.get(contact, SalesStatus())
        assert replayed.keys() <= account.statuses.keys()

    @law
    @given(st.data(), strategies.policies(), st.booleans())
    def test_the_log_leads_to_the_statuses(self, data, policy, by_hand):
        account = data.draw(strategies.accounts(policy, by_hand=by_hand))
        replayed = replay(account.log, policy)
        assert replayed.accepted == len(account.log)
        for standing in account.contacts:
            assert standing.status == replayed.statuses.get(standing.id, SalesStatus())
            assert standing.heard_at == max(
                (entry.at for entry in account.log if entry.contact == standing.id), default=None
            )

    @law
    @given(st.data(), strategies.policies())
    def test_everything_named_is_there(self, data, policy):
        account = data.draw(strategies.accounts(policy))
        contacts = {standing.id: standing.contact for standing in account.contacts}
        companies = {
            id_ for id_, contact in contacts.items() if contact.kind is ContactKind.COMPANY
        }
        for contact in contacts.values():
            assert contact.company is None or contact.company in companies
        for deal in account.deals:
            assert audience(deal) <= contacts.keys()
            assert deal.company is None or deal.company in companies
            if policy.company_link == "follow":
                assert deal.company == contacts[deal.primary].company
        named = [(lead.person_id, lead.company_id) for lead in account.leads]
        named += [(record.person, record.company) for record in account.conversions]
        for person, company in named:
            assert company is None or company in companies
            assert person is None or person in contacts.keys() - companies
        assert {lead.conversion for lead in account.leads} - {None} == set(account.conversions)
        assert {record.deal for record in account.conversions} <= {
            None,
            *(deal.id for deal in account.deals),
        }
        for lead in account.leads:
            meaning = SELL_STAGES.meaning(lead.status)
            assert (meaning is StageMeaning.SUCCESS) is (lead.conversion is not None)
        for records in (account.contacts, account.deals, account.leads, account.conversions):
            assert len({record.id for record in records}) == len(records) <= 4

    @pytest.mark.parametrize(
        "condition",
        [
            lambda account: any(
                standing.contact.company is not None for standing in account.contacts
            ),
            lambda account: any(
                deal.company not in (None, deal.primary, *deal.involved) for deal in account.deals
            ),
            lambda account: len(account.deals) > 1,
            lambda account: any(len(status.deals) > 1 for status in account.statuses.values()),
            lambda account: account.conversions and account.conversions[0].person is not None,
            lambda account: len(account.leads) > len(account.conversions) > 0,
            lambda account: any(
                SELL_STAGES.meaning(lead.status) is StageMeaning.FAILURE for lead in account.leads
            ),
        ],
    )
    def test_every_tie_occurs(self, condition):
        assert condition(drawn(strategies.accounts(), condition))

    def test_statuses_are_set_by_hand(self):
        account = drawn(
            strategies.accounts(by_hand=True),
            lambda account: any(
                isinstance(entry.event, CustomerStatusSet) for entry in account.log
            ),
        )
        assert replay(account.log).statuses == {
            contact: status
            for contact, status in account.statuses.items()
            if replay(account.log).statuses.get(contact)
        }

    @law
    @given(strategies.accounts(by_hand=True))
    def test_a_desk_finds_in_the_store_what_was_put_there(self, account):
        store = MemoryStore()
        account.put_into(store)
        desk = Desk(store)
        for standing in account.contacts:
            assert desk.contact(standing.id).record == standing
            assert desk.state_status(standing.id).changes == ()
            steps = desk.history(standing.id)
            assert (steps[-1].after if steps else SalesStatus()) == standing.status
        for deal in account.deals:
            assert desk.save_deal(deal).changes == ()
        for lead in account.leads:
            assert desk.lead(lead.id).record == lead
        with store.unit() as unit:
            assert {row.record for row in unit.conversions.all()} == {*account.conversions}


class TestG2:
    """Who cannot be merged is refused by rule G2."""

    def test_a_person_and_its_employer_are_a_merge_error(self):
        boss, employee = (
            Contact(id=id_, kind=ContactKind.PERSON, name=f"Ann {id_}", company=company)
            for id_, company in ((1, None), (2, 1))
        )
        with pytest.raises(MergeError, match="G2"):
            merge_contacts(boss, employee)


def test_persons_may_be_given_their_names():
    assert drawn(strategies.persons(name="Ann")).name == "Ann"
