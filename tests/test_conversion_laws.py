"""Laws of conversion: over any lead, any request, any definitions of custom fields, any contacts
that are there."""

import pickle
from collections import Counter

import attrs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import conversion_oracle as oracle
import strategies as own
from effort import examples
from salesstatus import (
    Address,
    ContactKind,
    ConversionError,
    ConversionRequest,
    DealStatus,
    Known,
    Lead,
    ProspectStatus,
    SalesStatus,
    Setup,
    Target,
    convert,
    convert_many,
    plan_conversion,
    refusal,
    transition,
)
from salesstatus.leads import Action

AT = own.DAY
PERSON, COMPANY, DEAL = Target
law = settings(max_examples=examples(60), deadline=None)
#: What a lead keeps for itself (K13, L4, L5, L9).
STAYS = {"id", "conversion", "person", "company", "open_to_all", "created_by", "created_at"}


class RecordingIds:
    """Makes ids, and remembers for what."""

    def __init__(self):
        self.made = []

    def __call__(self, lead, what):
        self.made.append(f"made {lead.id!r} {what}")
        return self.made[-1]


def converted(case, **more):
    """The conversion; a case that is refused is passed over."""
    try:
        return convert(case.lead, case.request, case.setup, known=case.known, at=AT, **more)
    except ConversionError:
        assume(False)


def outcome(lead, request, **more):
    try:
        return convert(lead, request, at=AT, **more)
    except ConversionError as error:
        return error


def results(done):
    return [record for record in (done.person, done.company, done.deal) if record is not None]


def arrived(lead, field, done):
    """The values of a field that are in the results: custom fields by their names, others wherever
    they are."""
    there = results(done)
    value = getattr(lead, field)
    if field == "custom_fields":
        return {
            name
            for name, content in value.items()
            if any(content == r.custom_fields.get(name) for r in there)
        }
    if field == "notes":
        return {note for note in value if note in [attached.note for attached in done.notes]}
    if field == "address":
        return {value} if value in [getattr(record, "address", None) for record in there] else set()
    members = value if isinstance(value, frozenset) else {value}
    return members & {
        leaf for record in there for leaf in oracle.leaves(record) if isinstance(leaf, str)
    }


def given_up(lead, field, plan):
    """The values of a field that the plan tells to be lost."""
    if field == "custom_fields":
        named = {oracle.place(name): name for name in lead.custom_fields}
        return {
            named[lost.field]
            for lost in plan.lost
            if lost.field in named and lost.value == lead.custom_fields[named[lost.field]]
        }
    lost = [lost.value for lost in plan.lost if lost.field == field]
    return {
        member
        for value in lost
        for member in (value if isinstance(value, frozenset | tuple) else [value])
    }


def known_values(lead, field):
    value = getattr(lead, field)
    if field == "custom_fields":
        return {name for name, content in value.items() if not oracle.empty(content)}
    if oracle.empty(value):
        return set()
    return {*value} if isinstance(value, frozenset | tuple) else {value}


class TestNoValueVanishes:
    """K15: every value of a lead is in the results, or the plan tells why it is lost."""

    @law
    @given(own.conversions())
    def test_as_the_lead_came_and_as_it_was_corrected(self, case):
        done = converted(case)
        for lead in (case.lead, done.plan.corrected):
            for field in {field.name for field in attrs.fields(Lead)} - STAYS:
                wanted = known_values(lead, field)
                assert wanted <= arrived(lead, field, done) | given_up(lead, field, done.plan), (
                    field
                )

    @law
    @given(own.conversions())
    def test_nothing_is_told_to_be_lost_that_was_not_there(self, case):
        done = converted(case)
        there = [leaf for lead in (case.lead, done.plan.corrected) for leaf in oracle.leaves(lead)]
        for lost in done.plan.lost:
            assert lost.rule
            assert lost.reason
            assert not oracle.empty(lost.value)
            # Of a corrected set, those members that went; of the owner, also the one that the
            # request names.
            members = lost.value if isinstance(lost.value, frozenset) else [lost.value]
            assert all(member in there or member == case.request.owner for member in members)

    @law
    @given(own.conversions())
    def test_no_value_is_told_twice_of_one_place(self, case):
        plan = plan_conversion(case.lead, case.request, case.setup, known=case.known)
        places = Counter(
            (carried.target, carried.into) for carried in (*plan.carried, *plan.derived)
        )
        assert max(places.values(), default=1) == 1
        assert max(Counter((lost.field, lost.rule) for lost in plan.lost).values(), default=1) == 1


class TestNoValueIsMadeUp:
    """What is in the results comes from the lead, the request, the setup, or from the contacts that
    were there."""

    @law
    @given(own.conversions())
    def test_every_value_has_an_origin(self, case):
        ids = RecordingIds()
        done = converted(case, ids=ids)
        lead = done.plan.corrected
        origins = {
            *ids.made,
            AT,
            case.setup.deal_stage,
            lead.name,
            f"Follow up with {lead.name}".strip(),
        }
        named = [
            source
            for source in (lead, case.request.person, *(case.known or ()))
            if source is not None
        ]
        # A person is called by its first and its last name, each of which may have been there
        # before.
        origins |= {
            f"{one.first_name} {other.last_name}".strip() for one in named for other in named
        }
        origins |= {*Target, *ContactKind, DealStatus.OPEN}
        origins |= {
            leaf for source in (lead, case.request, case.known) for leaf in oracle.leaves(source)
        }
        for record in (*results(done), done.task, *done.notes):
            for leaf in oracle.leaves(record):
                if isinstance(leaf, str | int | float | tuple | Address | Target | ContactKind):
                    assert oracle.empty(leaf) or leaf in origins

    @law
    @given(own.conversions())
    def test_each_new_record_has_an_id_of_its_own_and_no_other_is_asked_for(self, case):
        ids = RecordingIds()
        done = converted(case, ids=ids)
        created = [
            record.target.value for record in done.plan.records if record.action is Action.CREATE
        ]
        wanted = Counter([*created, "conversion", *(["task"] if case.request.task else [])])
        assert Counter(made.rpartition(" ")[2] for made in ids.made) == wanted
        assert {record.id for record in (*results(done), done.task, done.record) if record} >= {
            *ids.made
        }


class TestTheOracle:
    """Written from the prose alone, it tells the same of every conversion and of every refusal."""

    @settings(max_examples=examples(150), deadline=None)
    @given(own.conversions())
    def test_tells_the_same(self, case):
        plan = plan_conversion(case.lead, case.request, case.setup, known=case.known)
        refused = oracle.refused_by(case.lead, case.request, case.known)
        assert {broken.rule for broken in plan.broken} == refused
        if not refused:
            done = convert(case.lead, case.request, case.setup, known=case.known, at=AT)
            wanted = oracle.expected(case.lead, case.request, case.setup, case.known, AT)
            assert attrs.asdict(oracle.told(done), recurse=False) == attrs.asdict(
                wanted, recurse=False
            )


class TestAPlanApplied:
    """`convert` is the plan applied: what refuses the one refuses the other, and what is named is
    made, and no more."""

    @law
    @given(own.conversions())
    def test_it_is_refused_if_the_plan_is_broken_and_then_makes_nothing(self, case):
        plan = plan_conversion(case.lead, case.request, case.setup, known=case.known)
        ids = RecordingIds()
        done = outcome(case.lead, case.request, setup=case.setup, known=case.known, ids=ids)
        if plan.broken:
            assert type(done) is ConversionError
            assert (done.lead, done.broken, done.rules) == (
                case.lead.id,
                plan.broken,
                tuple(b.rule for b in plan.broken),
            )
            assert ids.made == []
        else:
            assert done.plan == plan

    @law
    @given(own.conversions())
    def test_everything_that_the_plan_names_is_there(self, case):
        done = converted(case)
        made = {PERSON: done.person, COMPANY: done.company, DEAL: done.deal}
        for carried in done.plan.carried:
            record = made[carried.target]
            if carried.field == "notes":
                there = [
                    attached.note for attached in done.notes if attached.target_id == record.id
                ]
                assert there == list(carried.value)
            elif carried.into.startswith("custom_fields"):
                name = next(
                    name
                    for name in case.lead.custom_fields.keys() | record.custom_fields.keys()
                    if oracle.place(name) == carried.into
                )
                assert record.custom_fields[name] == carried.value
            elif isinstance(carried.value, frozenset):
                assert carried.value <= getattr(record, carried.into)
            else:
                assert getattr(record, carried.into) == carried.value
        for derived in done.plan.derived:
            new = {"the new person": done.person, "the new company": done.company}.get(
                derived.value
            )
            wanted = derived.value if new is None else new.id
            assert getattr(made[derived.target], derived.into) == wanted

    @law
    @given(own.conversions())
    def test_nothing_is_there_that_the_plan_does_not_name(self, case):
        done = converted(case)
        named = {
            (c.target, c.into.partition("[")[0]) for c in (*done.plan.carried, *done.plan.derived)
        }
        assert {record.target for record in done.plan.records} >= {
            target
            for target, record in zip(Target, (done.person, done.company, done.deal), strict=True)
            if record
        }
        for target, record in zip(Target, (done.person, done.company, done.deal), strict=True):
            planned = done.plan.planned(target)
            if record is None:
                continue
            if planned.action is Action.LINK:
                assert record is planned.contact
                continue
            before = planned.contact
            changed = {
                field.name
                for field in attrs.fields(type(record))
                if not oracle.empty(getattr(record, field.name))
                and (before is None or getattr(record, field.name) != getattr(before, field.name))
            }
            # What every new record has.
            own_to_it = {"id", "created_at", "status" if target is DEAL else "kind"}
            assert {(target, name) for name in changed} <= named | {
                (target, name) for name in own_to_it if before is None
            }

    @law
    @given(own.conversions())
    def test_in_a_merge_what_was_there_is_there(self, case):
        done = converted(case)
        for planned in done.plan.records:
            if planned.contact is None:
                continue
            after = done.person if planned.target is PERSON else done.company
            for field in attrs.fields(type(after)):
                was, now = getattr(planned.contact, field.name), getattr(after, field.name)
                if isinstance(was, frozenset):
                    assert was <= now
                elif field.name == "custom_fields":
                    assert all(
                        now[name] == value for name, value in was.items() if not oracle.empty(value)
                    )
                else:
                    assert now == was or oracle.empty(was), field.name

    @law
    @given(own.conversions())
    def test_it_leaves_what_it_is_given(self, case):
        before = pickle.dumps((case.lead, case.request, case.known))
        setup, known = attrs.evolve(case.setup), case.known and Known(case.known)
        first = outcome(case.lead, case.request, setup=case.setup, known=known)
        str(plan_conversion(case.lead, case.request, case.setup, known=known))
        bulk = convert_many([case.lead, case.lead], case.request, case.setup, at=AT, known=known)
        assert bulk.refused
        assert pickle.dumps((case.lead, case.request, case.known)) == before
        assert case.setup == setup
        assert known is None or pickle.dumps(
            [known.contact(contact.id) for contact in case.known]
        ) == pickle.dumps([*case.known])
        assert outcome(case.lead, case.request, setup=case.setup, known=known) == first

    @law
    @given(own.conversions())
    def test_the_plan_can_be_read(self, case):
        plan = plan_conversion(case.lead, case.request, case.setup, known=case.known)
        rows = plan.rows()
        assert {type(row) for row in rows} <= {dict}
        assert all(type(value) is str for row in rows for value in row.values())
        head = ["field", "value", "becomes", "target", "into", "rule", "reason"]
        assert all(list(row) == head for row in rows)
        told = Counter(record.action.value for record in plan.records)
        told["create"] += plan.request.task is not None and bool(plan.records)
        told += Counter(
            carried=len(plan.carried),
            derived=len(plan.derived),
            lost=len(plan.lost),
            refused=len(plan.broken),
        )
        assert Counter(row["becomes"] for row in rows) == told + Counter(
            {"not taken": len(plan.conflicts)}
        )
        text = str(plan)
        assert text.startswith(f"lead {case.lead.id!r}")
        assert all(str(told) in text for told in (*plan.lost, *plan.broken))
        assert pickle.loads(pickle.dumps(plan)) == plan


@st.composite
def statuses(draw):
    """What a contact can be after any history, under any policy."""
    policy, state = draw(own.policies), SalesStatus()
    for event in draw(st.lists(own.events, max_size=6)):
        if refusal(state, event, policy) is None:
            state = transition(state, event, policy)
    return policy, state


class TestStatuses:
    """K3: fed to `transition`, the notices make the person and its company current prospects with
    the deal."""

    @law
    @given(own.conversions(), statuses(), statuses())
    def test_with_a_deal_they_are_current_prospects(self, case, one, other):
        done = converted(case)
        if done.deal is None:
            assert done.notices == ()
            return
        hear = {done.deal.primary, done.deal.company} - {None}
        assert [notice.contact for notice in done.notices] == [
            done.deal.primary,
            *hear - {done.deal.primary},
        ]
        for notice, (policy, state) in zip(done.notices, (one, other), strict=False):
            planned = next(
                (r for r in done.plan.records if r.id == notice.contact and r.id is not None), None
            )
            before = SalesStatus() if planned is None else state
            after = transition(before, notice.event, policy)
            assert after.prospect is ProspectStatus.CURRENT
            assert after.customer is before.customer
            assert dict(after.deals) == {**before.deals, done.deal.id: DealStatus.OPEN}

    @law
    @given(own.conversions())
    def test_the_person_and_the_company_both_hear_of_it(self, case):
        done = converted(case)
        assume(done.deal is not None)
        heard = {notice.contact for notice in done.notices}
        assert heard >= {
            contact.id for contact in (done.person, done.company) if contact is not None
        }
        assert heard >= {done.record.person, done.record.company} - {None}


class TestBulk:
    """K14: one result for each lead, in the order given, each as if it were converted by itself."""

    @law
    @given(own.bulk_leads(), st.booleans(), st.sampled_from([None, "person", "company"]))
    def test_it_is_one_by_one(self, leads, deal, target):
        request = ConversionRequest(deal=deal, task=True, targets=target and [target])
        bulk = convert_many(leads, request, at=AT)
        assert len(bulk.results) == len(leads)
        seen = set()
        for lead, result in zip(leads, bulk.results, strict=True):
            if lead.id in seen:
                assert (type(result), result.lead, result.rules) == (
                    ConversionError,
                    lead.id,
                    ("K14",),
                )
            else:
                assert result == outcome(lead, request)
                seen |= {lead.id} if not isinstance(result, ConversionError) else set()
        assert bulk.converted == tuple(
            r for r in bulk.results if not isinstance(r, ConversionError)
        )
        assert bulk.refused == tuple(r for r in bulk.results if isinstance(r, ConversionError))

    @law
    @given(own.bulk_leads(ids=range(1000)), st.booleans(), st.data())
    def test_where_contacts_are_looked_for_each_lead_meets_those_before_it(self, leads, deal, data):
        leads = [*{lead.id: lead for lead in leads}.values()]
        request = ConversionRequest(deal=deal)
        contacts = {}
        for result in convert_many(data.draw(own.bulk_leads(ids=("a", "b"))), at=AT).converted:
            contacts |= {
                contact.id: contact for contact in (result.person, result.company) if contact
            }
        bulk = convert_many(leads, request, at=AT, known=[*contacts.values()])
        for lead, result in zip(leads, bulk.results, strict=True):
            alone = outcome(lead, request, known=[*contacts.values()])
            assert result == alone
            if not isinstance(alone, ConversionError):
                contacts |= {
                    contact.id: contact for contact in (alone.person, alone.company) if contact
                }

    @law
    @given(own.strangers(), st.booleans(), st.sampled_from([None, ()]))
    def test_the_order_of_unrelated_leads_does_not_matter(self, both, deal, known):
        one, other = (
            {
                result.lead if isinstance(result, ConversionError) else result.lead.id: result
                for result in bulk.results
            }
            for bulk in (
                convert_many(leads, ConversionRequest(deal=deal), at=AT, known=known)
                for leads in both
            )
        )
        assert one == other

    @law
    @given(own.bulk_leads(), st.sampled_from([None, ()]))
    def test_all_or_nothing_is_all_or_nothing(self, leads, known):
        best = convert_many(leads, at=AT, known=known)
        strict = convert_many(leads, at=AT, known=known, mode="all_or_nothing")
        if not best.refused:
            assert strict == best
            return
        assert strict.converted == ()
        assert [error.lead for error in strict.refused] == [lead.id for lead in leads]
        for before, after in zip(best.results, strict.results, strict=True):
            if isinstance(before, ConversionError):
                assert (after.lead, after.rules) == (before.lead, before.rules)
            else:
                (broken,) = after.broken
                assert broken.rule == "K14"
                assert (
                    f"{len(best.refused)} of its leads cannot be converted, "
                    f"lead {best.refused[0].lead!r} first" in broken.requires
                )

    @law
    @given(own.bulk_leads(), st.sampled_from(["best_effort", "all_or_nothing"]))
    def test_its_results_are_values(self, leads, mode):
        bulk = convert_many(
            leads,
            ConversionRequest(deal=True),
            Setup(deal_stage="first"),
            at=AT,
            known=(),
            mode=mode,
        )
        again = pickle.loads(pickle.dumps(bulk))
        assert again == bulk
        assert hash(again) == hash(bulk)
