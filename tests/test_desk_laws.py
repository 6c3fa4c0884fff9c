"""Random programs of use cases: what a desk does beside what the oracle says, for those who wait
and those who do not."""

import pickle
from itertools import pairwise

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import strategies as own
from desk_oracle import OracleDesk, Refusal
from desk_suite import (
    Audited,
    Blocking,
    CountingIds,
    StoppedClock,
    Waiting,
    axes,
    check_consistent,
    everything,
    point,
)
from effort import examples
from salesstatus import (
    Contact,
    ContactKind,
    ConversionError,
    ConversionRequest,
    Deal,
    DealStatus,
    InvalidError,
    Lead,
    SalesStatus,
    SalesStatusError,
    Selection,
)
from salesstatus.desk import AsyncDesk, Desk
from salesstatus.leads import LeadJunked, LeadMoved, LeadReopened, LeadTakenUp
from salesstatus.memory import MemoryStore
from salesstatus.values import id_order

PERSON, COMPANY = ContactKind
CONTACTS = ("acme", "edge", "ann", "bob", 1, "1", 2)
FIRMS = ("acme", "edge", 2)
#: Nobody has these.
NOT_THERE = ("nobody", 404, None, "", True)

#: With whom every program begins: their names, e-mail addresses, and whether Acme employs them.
HERE = (
    ("Acme", "", None),
    ("Edge", "a@x.example", None),
    ("Ann", "a@x.example", "acme"),
    ("Bob", "a@x.example", "acme"),
    ("Ann", "b@x.example", None),
)
#: Picks one of what there is, or now and then what is not.
MOST = 60
picks = st.integers(0, MOST + 5)
names = st.sampled_from(["Ann", "Bob", "Acme", ""])
emails = st.sampled_from(["a@x.example", "b@x.example", ""])
#: How the version that is named differs from the one there is; None: none is named.
versions = st.sampled_from([*[None] * 8, 0, 0, 1])
few = st.lists(picks, max_size=3)


def run_through(program):
    """Run a coroutine that waits for nobody in particular."""
    while True:
        try:
            program.send(None)
        except StopIteration as done:
            return done.value


class Programs(RuleBasedStateMachine):
    """Two desks and the oracle carry out the same program."""

    @initialize(policy=own.policies, repeat_leads=st.booleans())
    def open(self, policy, repeat_leads):
        self.policy = policy
        self.clock = StoppedClock()
        self.stores = MemoryStore(), MemoryStore()
        options = {"clock": self.clock, "policy": policy, "repeat_leads": repeat_leads}
        self.desk = Audited(Desk(self.stores[0], ids=CountingIds(), **options), self.stores[0])
        self.waiting = Blocking(
            AsyncDesk(Waiting(self.stores[1]), ids=CountingIds(), **options), run_through
        )
        self.oracle = OracleDesk(policy, repeat_leads=repeat_leads)
        self.asked_by_key = {}
        for number, (name, email, company) in enumerate(HERE):
            self.save_contact(number, name, email, company, None)
        for number, name in enumerate(("Ann", "Bob")):
            self.save_lead(number, name, "Acme", "a@x.example", None, None)
            self.a_deal_is_saved(number, name.lower(), None, set(), DealStatus.OPEN, None)

    # --- picking ---

    def picked(self, table, number):
        """One of those that there are, the last numbers are for those that there are not."""
        ids = sorted(table, key=id_order)
        return (
            ids[number % len(ids)] if ids and number <= MOST else NOT_THERE[number % len(NOT_THERE)]
        )

    def contact(self, number):
        return self.picked(self.oracle.contacts, number)

    def there(self, number):
        """One that is there or not, but has an id."""
        found = self.contact(number)
        return (
            found
            if isinstance(found, int | str) and not isinstance(found, bool) and found != ""
            else "nobody"
        )

    def seen(self, port, id_, off):
        """The version to name, and whether it is stale."""
        rows = everything(self.stores[0])[port]
        try:
            known = rows[id_][1] if id_ in rows and not isinstance(id_, bool) else 0
        except TypeError:
            known = 0
        return (None, False) if off is None else (known + off, off != 0)

    # --- carrying out ---

    def call(self, name, *args, asked=lambda: None, **kwargs):
        """Carry out a use case on both desks, and ask the oracle; the outcome, or None if all of
        them refuse it."""
        before = pickle.dumps(everything(self.stores[0]))
        outcomes = []
        for desk in (self.desk, self.waiting):
            try:
                outcomes.append(getattr(desk, name)(*args, **kwargs))
            except SalesStatusError as error:
                outcomes.append(error)
        mine, yours = outcomes
        assert mine == yours
        refused = None
        try:
            asked()
        except Refusal as refusal:
            refused = refusal
        if isinstance(mine, SalesStatusError):
            assert refused is not None, mine
            assert type(mine).__name__ in refused.errors, mine
            if len(refused.errors) == 1:
                assert refused.rules == set(getattr(mine, "rules", ()))
            assert pickle.dumps(everything(self.stores[0])) == before
            return None
        assert refused is None, refused
        for contact in {step.entry.contact for step in getattr(mine, "steps", ())}:
            steps = [
                attrs.evolve(step, position=0)
                for step in mine.steps
                if step.entry.contact == contact
            ]
            read = [attrs.evolve(step, position=0) for step in self.desk.history(contact)]
            assert read[-len(steps) :] == steps
        return mine

    # --- contacts ---

    @rule(
        number=st.integers(0, len(CONTACTS) - 1),
        name=names,
        email=emails,
        company=st.none() | picks,
        off=versions,
    )
    def save_contact(self, number, name, email, company, off):
        id_ = CONTACTS[number]
        kind = COMPANY if id_ in FIRMS else PERSON
        employer = self.there(company) if isinstance(company, int) else company
        if kind is COMPANY or employer == id_:
            employer = None
        seen, stale = self.seen("contacts", id_, off)
        self.call(
            "save_contact",
            Contact(id=id_, kind=kind, name=name, email=email, company=employer),
            version=seen,
            asked=lambda: self.oracle.save_contact(id_, kind, name, email, employer, stale=stale),
        )

    @rule(number=picks)
    def save_a_contact_as_another_kind(self, number):
        id_ = self.there(number)
        if id_ in self.oracle.contacts:
            kind = COMPANY if self.oracle.contacts[id_].kind is PERSON else PERSON
            contact = Contact(id=id_, kind=kind)
            self.call(
                "save_contact",
                contact,
                asked=lambda: self.oracle.save_contact(id_, kind, "", "", None),
            )

    @rule(number=picks, company=picks, away=st.booleans(), off=versions)
    def move_employee(self, number, company, away, off):
        id_, company = self.contact(number), None if away else self.there(company)
        seen, stale = self.seen("contacts", id_, off)
        self.call(
            "move_employee",
            id_,
            company,
            version=seen,
            asked=lambda: self.oracle.move_employee(id_, company, stale=stale),
        )

    @rule(number=picks, status=own.prospects | own.customers, off=versions)
    def set_status(self, number, status, off):
        id_ = self.contact(number)
        seen, stale = self.seen("contacts", id_, off)
        self.call(
            "set_status",
            id_,
            status,
            version=seen,
            asked=lambda: self.oracle.set_status(id_, status, stale=stale),
        )

    @rule(number=picks, prospect=own.prospects, customer=own.customers, off=versions)
    def state_status(self, number, prospect, customer, off):
        id_ = self.contact(number)
        held = self.oracle.contacts[id_].held if id_ in self.oracle.contacts else {}
        seen, stale = self.seen("contacts", id_, off)
        self.call(
            "state_status",
            id_,
            SalesStatus(prospect, customer, held),
            version=seen,
            asked=lambda: self.oracle.state_status(id_, prospect, customer, stale=stale),
        )

    @rule(number=picks)
    def mend(self, number):
        """Where nobody edited a row, its log says what it is."""
        id_ = self.contact(number)
        done = self.call(
            "state_status",
            id_,
            asked=lambda: self.oracle.need(self.oracle.wrong_id(self.oracle.contacts, id_)),
        )
        assert done is None or done.changes == ()

    @rule(numbers=st.lists(picks, min_size=1, max_size=3) | st.lists(picks, min_size=6, max_size=6))
    def merge_contacts(self, numbers):
        self.merge(*[self.contact(number) for number in numbers])

    @rule(number=picks, others=st.lists(picks, min_size=1, max_size=2, unique=True))
    def merge_contacts_that_can_be(self, number, others):
        known = self.oracle.contacts
        survivor = self.there(number)
        if survivor in known:
            one = known[survivor]
            fit = [id_ for id_ in known if id_ != survivor and known[id_].kind is one.kind]
            fit = sorted(
                (id_ for id_ in fit if known[id_].company in (one.company, None)), key=id_order
            )
            self.merge(survivor, *{fit[other % len(fit)]: None for other in others if fit})

    def merge(self, *ids):
        self.call("merge_contacts", *ids, asked=lambda: self.oracle.merge_contacts(*ids))

    # --- deals ---

    @rule(
        number=st.integers(0, 3),
        primary=picks,
        company=st.none() | picks,
        involved=few,
        status=own.deal_statuses,
        off=versions,
    )
    def save_deal(self, number, primary, company, involved, status, off):
        primary, company = self.there(primary), None if company is None else self.there(company)
        self.a_deal_is_saved(
            number, primary, company, {self.there(member) for member in involved}, status, off
        )

    def a_deal_is_saved(self, number, primary, company, involved, status, off):
        id_ = ("D-1", "D-2", 3, "3")[number]
        seen, stale = self.seen("deals", id_, off)
        self.call(
            "save_deal",
            Deal(id=id_, primary=primary, company=company, involved=involved, status=status),
            version=seen,
            asked=lambda: self.oracle.save_deal(
                id_, primary, company, involved, status, stale=stale
            ),
        )

    @precondition(lambda self: self.oracle.deals)
    @rule(number=picks, status=own.deal_statuses)
    def a_deal_changes(self, number, status):
        ids = sorted(self.oracle.deals, key=id_order)
        id_ = ids[number % len(ids)]
        deal = self.oracle.deals[id_]
        fields = deal.primary, deal.company, set(deal.involved), status
        stored = everything(self.stores[0])["deals"][id_][0]
        self.call(
            "save_deal",
            attrs.evolve(stored, status=status),
            asked=lambda: self.oracle.save_deal(id_, *fields),
        )

    @rule(number=picks, primary=picks, old=st.sampled_from(["keep", "remove"]), off=versions)
    def change_primary(self, number, primary, old, off):
        id_, primary = self.picked(self.oracle.deals, number), self.contact(primary)
        seen, stale = self.seen("deals", id_, off)
        self.call(
            "change_primary",
            id_,
            primary,
            old=old,
            version=seen,
            asked=lambda: self.oracle.change_primary(id_, primary, keep=old == "keep", stale=stale),
        )

    @rule(number=picks, off=versions)
    def delete_deal(self, number, off):
        id_ = self.picked(self.oracle.deals, number)
        seen, stale = self.seen("deals", id_, off)
        self.call(
            "delete_deal",
            id_,
            version=seen,
            asked=lambda: self.oracle.delete_deal(id_, stale=stale),
        )

    # --- leads ---

    @rule(
        number=st.integers(0, 3),
        name=names,
        firm=names,
        email=emails,
        tie=st.none() | picks,
        off=versions,
    )
    def save_lead(self, number, name, firm, email, tie, off):
        id_ = ("L-1", "L-2", 7, "7")[number]
        lead = self.oracle.leads.get(id_, Lead(id=id_))
        ties = {}
        if tie is not None:
            tied = self.there(tie)
            firmly = tied in self.oracle.contacts and self.oracle.contacts[tied].kind is COMPANY
            ties = {"person_id": None, "company_id": None}
            ties["company_id" if firmly else "person_id"] = tied
        lead = attrs.evolve(lead, last_name=name, organization_name=firm, email=email, **ties)
        seen, stale = self.seen("leads", id_, off)
        self.call(
            "save_lead", lead, version=seen, asked=lambda: self.oracle.save_lead(lead, stale=stale)
        )

    @precondition(lambda self: self.oracle.leads)
    @rule(number=picks, status=st.sampled_from(["New", "Converted", "Unqualified"]))
    def save_a_lead_in_another_stage(self, number, status):
        lead = self.oracle.leads.get(self.picked(self.oracle.leads, number))
        if lead is not None:
            lead = attrs.evolve(lead, status=status)
            self.call("save_lead", lead, asked=lambda: self.oracle.save_lead(lead))

    @rule(
        number=picks,
        event=st.builds(LeadTakenUp, st.sampled_from(["", "sam"]))
        | st.builds(LeadMoved, st.sampled_from(["New", "Call back", "Converted", "Unqualified"]))
        | st.builds(LeadJunked, st.sampled_from(["", "spam"]))
        | st.just(LeadReopened()),
        off=versions,
    )
    def record_lead_event(self, number, event, off):
        id_ = self.picked(self.oracle.leads, number)
        seen, stale = self.seen("leads", id_, off)
        self.call(
            "record_lead_event",
            id_,
            event,
            version=seen,
            asked=lambda: self.oracle.record_lead_event(id_, event, stale=stale),
        )

    @rule(email=emails, name=names, text=st.sampled_from(["", "Hi"]))
    def take_in(self, email, name, text):
        places, tie = self.oracle.lands(email, name)
        landing = self.call(
            "take_in", point(email=email, last_name=name, text=text), by="sam"
        ).value
        if landing.lead is not None:
            assert places == set()
            tied = (
                landing.lead.person_id
                if landing.lead.person_id is not None
                else landing.lead.company_id
            )
            assert tied == tie
            self.oracle.leads[landing.lead.id] = landing.lead
        else:
            found = landing.candidates or (landing.on,)
            assert {
                ("lead" if isinstance(on, Lead) else "contact", on.id) for on in found
            } == places
            assert bool(landing.candidates) is (len(places) > 1)
            if isinstance(landing.on, Lead):
                self.oracle.leads[landing.on.id] = landing.on

    @rule(number=picks, deal=st.booleans(), matching=st.booleans())
    def convert(self, number, deal, matching):
        id_ = self.picked(self.oracle.leads, number)
        request = ConversionRequest(deal=deal)

        def asked():
            self.oracle.need(self.oracle.wrong_id(self.oracle.leads, id_))
            self.oracle.meets(id_, matching=matching)

        done = self.call("convert", id_, request, matching=matching, asked=asked)
        if done is not None:
            self.converted(id_, deal, done.value.record, matching=matching)

    def converted(self, id_, deal, record, *, matching=True):
        assert record.lead == id_
        made = self.oracle.convert(id_, deal, record, matching=matching)
        assert made == (record.person, record.company, record.deal)

    @rule(
        numbers=st.lists(picks, max_size=5),
        deal=st.booleans(),
        mode=st.sampled_from(["best_effort", "all_or_nothing"]),
    )
    def convert_many(self, numbers, deal, mode):
        ids = [self.picked(self.oracle.leads, number) for number in numbers]
        ids = [id_ for id_ in ids if id_ not in (None, "", True) or id_ in self.oracle.leads]
        refused = self.oracle.refused_of(ids, deal, mode)
        results = self.call("convert_many", ids, ConversionRequest(deal=deal), mode=mode).value
        assert len(results) == len(ids)
        for id_, rules, result in zip(ids, refused, results, strict=True):
            if rules:
                assert isinstance(result, ConversionError), (id_, rules)
                assert (result.lead, set(result.rules)) == (id_, rules)
            else:
                self.converted(id_, deal, result.record)

    @rule(number=picks)
    def plan(self, number):
        """K15: a plan is refused by what a conversion is refused by."""
        id_ = self.picked(self.oracle.leads, number)
        plan = self.call(
            "plan",
            id_,
            asked=lambda: self.oracle.need(self.oracle.wrong_id(self.oracle.leads, id_)),
        )
        if plan is not None:
            try:
                self.oracle.meets(id_)
            except Refusal as refusal:
                assert {broken.rule for broken in plan.broken} == refusal.rules
            else:
                assert plan.broken == ()

    @rule(number=picks)
    def rebuild_lead(self, number):
        id_ = self.contact(number)
        done = self.call(
            "rebuild_lead",
            id_,
            asked=lambda: self.oracle.need(self.oracle.wrong_id(self.oracle.contacts, id_)),
        )
        if done is not None:
            lead = done.value.lead
            assert attrs.evolve(
                lead, created_at=None, first_name="", owner=""
            ) == self.oracle.rebuilt(id_, lead.id)
            self.oracle.leads[lead.id] = lead

    # --- keys, time, questions ---

    @rule(number=picks, status=own.customers, key=st.sampled_from(["k-1", "k-2"]))
    def set_status_by_key(self, number, status, key):
        id_ = self.there(number)
        words = type(id_), id_, status
        done = self.asked_by_key.get(key)

        def asked():
            if done is None:
                self.oracle.set_status(id_, status)
            elif done != words:
                raise Refusal({"InvalidError"})
            else:
                self.oracle.need(self.oracle.wrong_id(self.oracle.contacts, id_))

        outcome = self.call("set_status", id_, status, key=key, asked=asked)
        if outcome is not None:
            assert outcome.repeated is (done is not None)
            self.asked_by_key[key] = words
            assert outcome.value == everything(self.stores[0])["contacts"][id_][0]

    @rule(hours=st.integers(-30, 30))
    def time_passes(self, hours):
        self.clock.move(hours=hours)

    @rule(prospect=st.frozensets(own.prospects), customer=st.frozensets(own.customers))
    def select(self, prospect, customer):
        selection = Selection(prospect=prospect, customer=customer)
        for desk in (self.desk, self.waiting):
            found = [standing.id for standing in desk.select(selection)]
            assert len(found) == len(set(found))
            assert set(found) == self.oracle.selected(selection)

    @rule(number=picks)
    def history(self, number):
        id_ = self.there(number)
        steps = self.call(
            "history",
            id_,
            asked=lambda: self.oracle.need(self.oracle.wrong_id(self.oracle.contacts, id_)),
        )
        if steps:
            contact = self.oracle.contacts[id_]
            assert steps[-1].after == SalesStatus(contact.prospect, contact.customer, contact.held)
            for earlier, later in pairwise(steps):
                assert earlier.after == later.before
                assert earlier.entry.at <= later.entry.at

    @rule(number=picks)
    def what_is_no_status_is_refused(self, number):
        self.call("set_status", self.there(number), DealStatus.WON, asked=self.no_such)

    def no_such(self):
        raise Refusal({InvalidError.__name__})

    # --- what always holds ---

    @invariant()
    def both_stores_are_consistent_and_the_same(self):
        one, other = map(everything, self.stores)
        assert one == other
        check_consistent(self.stores[0], self.policy)

    @invariant()
    def all_is_as_the_oracle_says(self):
        found = everything(self.stores[0])
        assert found["contacts"].keys() == self.oracle.contacts.keys()
        for id_, (standing, _) in found["contacts"].items():
            contact = self.oracle.contacts[id_]
            assert (standing.contact.kind, standing.contact.company) == (
                contact.kind,
                contact.company,
            )
            assert standing.contact.name == contact.name
            assert standing.contact.email == contact.email
            assert standing.contact.emails == contact.emails
            assert axes(standing.status) == (contact.prospect.value, contact.customer.value), id_
            assert standing.status.deals == contact.held
        assert found["deals"].keys() == self.oracle.deals.keys()
        for id_, (deal, _) in found["deals"].items():
            known = self.oracle.deals[id_]
            assert (deal.primary, deal.company) == (known.primary, known.company)
            assert (deal.involved, deal.status) == (known.involved, known.status)
        assert {id_: lead for id_, (lead, _) in found["leads"].items()} == self.oracle.leads


TestPrograms = Programs.TestCase
TestPrograms.settings = settings(max_examples=examples(100), stateful_step_count=30, deadline=None)
