"""The audit on made-up accounts: nobody healthy is accused, every planted error is found, and
patches mend."""

import random
from contextlib import suppress
from datetime import timedelta
from itertools import product

import attrs
import pytest

from audit_simulation import (
    DAY,
    PAIRS,
    POLICIES,
    Account,
    guards,
    mended,
    pair_of,
    plant_impossible,
    plant_out_of_step,
    plant_stale,
    plant_vanished,
)
from effort import THOROUGH
from salesstatus import (
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealStatus,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
    SalesStatusError,
    audience,
)
from salesstatus.crm.auditing import Sign, Stored, Verdict, audit
from salesstatus.desk import Desk
from salesstatus.history import entries
from salesstatus.memory import MemoryStore
from salesstatus.ports import Standing
from salesstatus.testing.strategies.of_contacts import reachable_pairs

#: Thousands of audits: what they would add to the coverage, the examples have.
pytestmark = pytest.mark.usefixtures("untraced")

SEEDS = range(30 if THOROUGH else 8)
MANUAL = (*map(ProspectStatusSet, ProspectStatus), *map(CustomerStatusSet, CustomerStatus))
PLANTS = (plant_impossible, plant_stale, plant_vanished, plant_out_of_step)
by_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())


def stored(account, pairs):
    return {
        id_: Stored(contact=account.contacts[id_], prospect=p, customer=c)
        for id_, (p, c) in pairs.items()
    }


def standings(account, pairs):
    return {
        id_: Standing(
            contact=account.contacts[id_], status=SalesStatus(*pair, account.statuses[id_].deals)
        )
        for id_, pair in pairs.items()
    }


def known(account):
    """What may be known beside contacts and deals."""
    return {"nothing": {}, "log": {"history": account.log}, "past": {"past": account.past}}


def ids(findings):
    return {finding.contact for finding in findings}


def find(found, contact):
    return next(finding for finding in found.findings if finding.contact == contact)


def certain(finding):
    return {clue.sign for clue in finding.signs if clue.certain}


def planted_accounts(policy, seeds=SEEDS):
    """Accounts with one error each, where one of a kind can be planted: with the contacts in both
    forms."""
    for seed in seeds:
        account = Account(seed, policy)
        for plant in PLANTS:
            planted = plant(account, random.Random(seed))
            if planted:
                pairs = account.pairs() | {each.contact: each.pair for each in planted}
                yield plant, account, planted, stored(account, pairs), standings(account, pairs)


@by_policy
class TestNobodyHealthyIsAccused:
    def test_with_the_log_the_past_or_nothing(self, policy):
        for seed in SEEDS:
            account = Account(seed, policy)
            for contacts in (stored(account, account.pairs()), standings(account, account.pairs())):
                for kwargs in known(account).values():
                    found = audit(contacts.values(), account.deals.values(), policy, **kwargs)
                    assert not found.accused, (seed, [*kwargs], str(found))
                    assert found.exit_code == 0 and found.patch() == () and not found.refused

    def test_and_with_the_log_nobody_is_suspect_whoever_tells_it(self, policy):
        for seed in SEEDS:
            account = Account(seed, policy)
            contacts = stored(account, account.pairs()).values()
            for log in (account.log, [*entries(account.log, policy)]):
                found = audit(contacts, account.deals.values(), policy, history=log)
                assert not found.suspects, (seed, str(found))
                assert all(finding.confirmed for finding in found.findings)

    def test_also_where_one_axis_or_nothing_is_stored(self, policy):
        for seed in SEEDS[:10]:
            account = Account(seed, policy)
            for keep in ((True, False), (False, True), (False, False)):
                pairs = {
                    id_: tuple(
                        status if kept else None for status, kept in zip(pair, keep, strict=True)
                    )
                    for id_, pair in account.pairs().items()
                }
                for kwargs in known(account).values():
                    found = audit(
                        stored(account, pairs).values(), account.deals.values(), policy, **kwargs
                    )
                    assert not found.accused
                    assert keep != (False, False) or found.counts[Verdict.UNDECIDED] == len(pairs)

    def test_also_where_some_deals_are_undecided(self, policy):
        for seed in SEEDS[:10]:
            account = Account(seed, policy)
            unsure = {deal.id: audience(deal) for deal in list(account.deals.values())[::2]}
            sent = [deal for deal in account.deals.values() if deal.id not in unsure]
            for contacts in (stored(account, account.pairs()), standings(account, account.pairs())):
                for kwargs in known(account).values():
                    found = audit(contacts.values(), sent, policy, undecided=unsure, **kwargs)
                    assert not found.accused, (seed, [*kwargs], str(found))


@by_policy
class TestEveryPlantedErrorIsFound:
    def test_and_only_those_who_have_one_are_accused(self, policy):
        count = 0
        for plant, account, planted, *forms in planted_accounts(policy):
            for contacts in forms:
                for name, kwargs in known(account).items():
                    found = audit(contacts.values(), planted[0].deals, policy, **kwargs)
                    assert ids(found.accused) <= {each.contact for each in planted}, (
                        plant,
                        name,
                        str(found),
                    )
                    assert ids(found.accused) == {
                        each.contact for each in found.findings if each.accused
                    }
                    assert ids(found.suspects) == {
                        each.contact for each in found.findings if each.suspect
                    }
                    count += 1
        assert count > 10 * len(SEEDS)

    def test_with_the_log_each_is_accused(self, policy):
        for plant, account, planted, *forms in planted_accounts(policy):
            for contacts in forms:
                found = audit(contacts.values(), planted[0].deals, policy, history=account.log)
                assert ids(found.accused) == {each.contact for each in planted}, (plant, str(found))
                assert found.exit_code == 1

    def test_without_it_each_is_accused_if_it_can_be_proven_and_else_suspect(self, policy):
        for plant, account, planted, contacts, _ in planted_accounts(policy):
            for name in ("nothing", "past"):
                found = audit(contacts.values(), planted[0].deals, policy, **known(account)[name])
                for each in planted:
                    finding = find(found, each.contact)
                    provable = (
                        each.pair not in reachable_pairs(policy)[frozenset(each.held.values())]
                    )
                    assert finding.accused is provable, (plant, name, str(finding))
                    assert (finding.verdict is Verdict.IMPOSSIBLE) is provable
                    if (finding.derived_prospect, finding.derived_customer) == each.pair:
                        assert finding.verdict is Verdict.AS_DERIVED
                    elif not provable:
                        assert finding.suspect or finding.confirmed
                        # The past without manual changes leads there too: nobody can tell.
                        assert not finding.confirmed or name == "past"

    def test_the_impossible_by_the_guards_that_stand_against_it(self, policy):
        for plant, account, planted, contacts, _ in planted_accounts(policy):
            found = audit(contacts.values(), planted[0].deals, policy)
            for each in planted:
                finding = find(found, each.contact)
                if finding.verdict is Verdict.IMPOSSIBLE:
                    expected = guards(each.pair, each.held, policy)
                    assert expected and expected <= {*finding.rules}, (plant, str(finding))
                    assert not (expected ^ {*finding.rules}) & {"M1", "M2", "M4", "M5"}
                    blocking = {
                        deal for deal, status in each.held.items() if status is DealStatus.OPEN
                    }
                    assert "M1" not in expected or blocking <= {*finding.deals}
                    assert set(finding.deals) <= each.held.keys()
                    assert account.contacts[each.contact].name == finding.name

    def test_the_stale_by_the_time_when_it_was_right_last(self, policy):
        for plant, account, planted, *forms in planted_accounts(policy):
            if plant is plant_stale:
                for contacts in forms:
                    found = audit(contacts.values(), planted[0].deals, policy, history=account.log)
                    (stale,) = (
                        clue
                        for clue in find(found, planted[0].contact).signs
                        if clue.sign is Sign.STALE
                    )
                    assert stale.certain and stale.until == planted[0].until
                    assert stale.since is None or stale.since < stale.until

    def test_the_customer_of_a_vanished_deal_by_that_deal(self, policy):
        for plant, account, planted, contacts, standing in planted_accounts(policy):
            if plant is plant_vanished:
                deal = planted[0].deal
                for given, kwargs in (
                    (contacts, {"history": account.log}),
                    (standing, {}),
                    (standing, {"past": account.past}),
                ):
                    found = audit(given.values(), planted[0].deals, policy, **kwargs)
                    for each in planted:
                        (clue,) = (
                            clue
                            for clue in find(found, each.contact).signs
                            if clue.sign is Sign.VANISHED
                        )
                        assert clue.certain and clue.deals == (deal,)
                hinted = audit(
                    contacts.values(),
                    planted[0].deals,
                    policy,
                    gone={deal: [p.contact for p in planted]},
                )
                for each in planted:
                    finding = find(hinted, each.contact)
                    clues = [clue for clue in finding.signs if clue.sign is Sign.VANISHED]
                    assert [(clue.certain, clue.deals) for clue in clues] == (
                        [] if finding.verdict is Verdict.AS_DERIVED else [(False, (deal,))]
                    )

    def test_the_company_out_of_step_by_its_employee(self, policy):
        met = 0
        for plant, account, planted, *forms in planted_accounts(policy):
            if plant is not plant_out_of_step:
                continue
            (each,) = planted
            deal = account.deals[each.deal]
            employee = account.statuses[each.of]
            shown = (
                deal.status is DealStatus.OPEN and employee.prospect is ProspectStatus.CURRENT
            ) or (deal.status is DealStatus.WON and employee.customer is not CustomerStatus.NONE)
            hidden = (
                deal.status is DealStatus.OPEN and each.pair[0] is not ProspectStatus.CURRENT
            ) or (deal.status is DealStatus.WON and each.pair[1] is CustomerStatus.NONE)
            if shown and hidden:
                for contacts in forms:
                    found = audit(contacts.values(), each.deals, policy, history=account.log)
                    clues = [
                        clue
                        for clue in find(found, each.contact).signs
                        if clue.sign is Sign.OUT_OF_STEP
                    ]
                    assert any(
                        each.deal in clue.deals and each.of in clue.contacts and clue.certain
                        for clue in clues
                    )
                    met += 1
                    bare = audit(contacts.values(), each.deals, policy)
                    assert Sign.OUT_OF_STEP in {
                        clue.sign for clue in find(bare, each.contact).signs
                    }
        assert met > 5


@by_policy
class TestPatches:
    def again(self, contact, changes, planted, contacts, policy, kwargs):
        """Whether a contact is accused after these changes, or None if one of them is refused."""
        before = contacts[contact]
        if isinstance(before, Standing):
            state = mended(before.status, changes, policy)
        else:
            held = next(each.held for each in planted if each.contact == contact)
            state = mended(SalesStatus(before.prospect, before.customer, held), changes, policy)
        if state is None:
            return None
        (p, c) = pair_of(state)
        after = (
            Standing(contact=before.contact, status=state)
            if isinstance(before, Standing)
            else Stored(contact=before.contact, prospect=p, customer=c)
        )
        found = audit((contacts | {contact: after}).values(), planted[0].deals, policy, **kwargs)
        return find(found, contact).accused

    def test_mend_each_accused_with_the_fewest_changes_or_say_why_not(self, policy):
        mends = 0
        for plant, account, planted, *forms in planted_accounts(policy, SEEDS[:10]):
            for contacts in forms:
                for kwargs in known(account).values():
                    found = audit(contacts.values(), planted[0].deals, policy, **kwargs)
                    fixes = {fix.contact: fix.changes for fix in found.patch()}
                    left = ids(found.unmendable())
                    assert fixes.keys() | left == ids(found.accused) and not fixes.keys() & left
                    for contact, changes in fixes.items():
                        args = (planted, contacts, policy, kwargs)
                        assert self.again(contact, changes, *args) is False, (plant, str(found))
                        fewer = (
                            each for n in range(len(changes)) for each in product(MANUAL, repeat=n)
                        )
                        assert all(self.again(contact, each, *args) is not False for each in fewer)
                        mends += 1
        assert mends > 20 or policy.manual_prospect == "never"

    def test_leave_nobody_out_whom_two_changes_would_mend(self, policy):
        for plant, account, planted, *forms in planted_accounts(policy, SEEDS[:3]):
            for contacts in forms:
                for kwargs in known(account).values():
                    found = audit(contacts.values(), planted[0].deals, policy, **kwargs)
                    for each in found.unmendable():
                        ways = (way for n in range(3) for way in product(MANUAL, repeat=n))
                        args = (planted, contacts, policy, kwargs)
                        assert all(
                            self.again(each.contact, way, *args) is not False for way in ways
                        ), (plant, each)

    def test_with_the_suspects_lead_to_what_is_derived(self, policy):
        for seed in SEEDS[:10]:
            account = Account(seed, policy)
            contacts = stored(account, account.pairs())
            found = audit(contacts.values(), account.deals.values(), policy)
            fixes = {fix.contact: fix.changes for fix in found.patch(suspects=True)}
            left = ids(found.unmendable(suspects=True))
            assert fixes.keys() <= ids(found.suspects) and not fixes.keys() & left
            for finding in found.suspects:
                derived = (finding.derived_prospect, finding.derived_customer)
                state = mended(
                    account.statuses[finding.contact], fixes.get(finding.contact, ()), policy
                )
                assert (pair_of(state) == derived) is (finding.contact not in left)


class TestPairs:
    def test_all_pairs_are_planted_somewhere(self):
        met = {
            each.pair
            for _, _, planted, *_ in planted_accounts(POLICIES["sell"])
            for each in planted
        }
        assert met >= {pair for pair in PAIRS if pair[0] is not ProspectStatus.CURRENT}


class Clock:
    """A clock that goes an hour further whenever it is looked at."""

    def __init__(self):
        self.time = DAY

    def now(self):
        self.time += timedelta(hours=1)
        return self.time


def worked_desk(seed, policy):
    """What a desk has kept after many use cases, some of them refused: contacts, deals, log, and
    how many were done."""
    rng, store, done = random.Random(seed), MemoryStore(), 0
    desk = Desk(store, policy=policy, clock=Clock())
    for id_ in ("acme", "edge"):
        desk.save_contact(Contact(id=id_, kind=ContactKind.COMPANY))
    for id_ in ("ann", "bob", "cid", "dan"):
        desk.save_contact(
            Contact(id=id_, kind=ContactKind.PERSON, company=rng.choice((None, "acme", "edge")))
        )
    for n in range(40):
        with store.unit() as unit:
            deals = {found.record.id: found.record for found in unit.deals.all()}
            ids = sorted(found.record.id for found in unit.contacts.all())
        persons = [id_ for id_ in ids if id_ not in ("acme", "edge")]
        deal = rng.choice(
            [*deals.values(), Deal(id=n, primary=rng.choice(ids), involved=rng.sample(ids, 1))]
        )
        use_cases = (
            lambda deal=deal: desk.save_deal(attrs.evolve(deal, status=rng.choice([*DealStatus]))),
            lambda deal=deal: desk.save_deal(attrs.evolve(deal, status=rng.choice([*DealStatus]))),
            lambda deal=deal: desk.delete_deal(deal.id),
            lambda deal=deal, ids=ids: desk.change_primary(
                deal.id, rng.choice(ids), old=rng.choice(("keep", "remove"))
            ),
            lambda persons=persons: desk.move_employee(
                rng.choice(persons), rng.choice((None, "acme", "edge"))
            ),
            lambda ids=ids: desk.set_status(
                rng.choice(ids), rng.choice((*ProspectStatus, *CustomerStatus))
            ),
            lambda persons=persons: desk.merge_contacts(*rng.sample(persons, 2)),
        )
        with suppress(SalesStatusError, ValueError):
            rng.choice(use_cases)()
            done += 1
    with store.unit() as unit:
        contacts = [found.record for found in unit.contacts.all()]
        log = sorted(unit.log.all(), key=lambda record: record.at)
        return contacts, [found.record for found in unit.deals.all()], log, done


@by_policy
def test_what_a_desk_has_kept_is_right_with_merges_too_and_its_log_confirms_it(policy):
    for seed in SEEDS[:10]:
        contacts, deals, log, done = worked_desk(seed, policy)
        assert done > 10
        assert not audit(contacts, deals, policy).accused
        found = audit(contacts, deals, policy, history=log)
        assert not found.accused and not found.suspects and not found.refused, (seed, str(found))


@by_policy
class TestAPastThatIsAskedFor:
    def test_it_says_the_same_of_those_it_is_asked_about_and_nothing_of_others(self, policy):
        for _, account, planted, *forms in planted_accounts(policy, SEEDS[:10]):
            for contacts in forms:
                given = (contacts.values(), planted[0].deals, policy)
                asked = []

                def past(about, asked=asked, account=account):
                    asked.append(about)
                    return account.past

                found = {each.contact: each for each in audit(*given, past=past).findings}
                whole = {each.contact: each for each in audit(*given, past=account.past).findings}
                alone = {each.contact: each for each in audit(*given).findings}
                about = asked[0] if asked else frozenset()  # nobody is asked about nobody
                assert about == {id_ for id_, each in alone.items() if each.accused or each.suspect}
                for id_, each in found.items():
                    assert each == (whole if id_ in about else alone)[id_]

    def test_nobody_asks_where_there_is_nothing_to_say(self, policy):
        account = Account(1, policy)
        derived = {
            id_: pair
            for id_, pair in account.pairs().items()
            if not audit(
                stored(account, {id_: pair}).values(), account.deals.values(), policy
            ).suspects
        }
        deals = [deal for deal in account.deals.values() if audience(deal) <= derived.keys()]
        contacts = stored(account, dict.fromkeys(derived, (None, None))).values()
        found = audit(
            contacts, deals, policy, past=lambda about: pytest.fail(f"asked about {about}")
        )
        assert not found.accused and not found.suspects
