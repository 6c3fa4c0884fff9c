"""Whole accounts, each record consistent with the others."""

# No `from __future__ import annotations` here: Hypothesis reads the annotations of what it builds.
from datetime import datetime, timedelta
from typing import Any, TypeVar, final

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy as Strategy

from salesstatus.events import ManualEvent
from salesstatus.history.records import DealSaved, Entry, Logged
from salesstatus.history.replaying import entries as entries_of
from salesstatus.history.replaying import replay
from salesstatus.lead import ConversionRecord, Lead, StageMeaning
from salesstatus.leads.stages import SELL_STAGES, StageBook
from salesstatus.model import Contact, ContactKind, Deal, SalesStatus
from salesstatus.policy import SELL, Policy
from salesstatus.ports import Standing, Store, record_id
from salesstatus.testing.strategies.of_contacts import contacts, deals, events_about_held
from salesstatus.testing.strategies.of_leads import conversion_records, leads
from salesstatus.testing.strategies.of_values import ANY_ID, DAY, FEW_TEXTS, Ids, Texts
from salesstatus.transitions import transition
from salesstatus.values import Id

T = TypeVar("T")


@final
@attrs.frozen(kw_only=True)
class Account:
    """Everything that an account holds.

    The statuses of `contacts` are those that `log` leads to under `policy`. Employees, deals, leads
    and conversions name only contacts and deals of this account.
    """

    policy: Policy
    contacts: tuple[Standing, ...]
    deals: tuple[Deal, ...]
    leads: tuple[Lead, ...]
    conversions: tuple[ConversionRecord, ...]
    log: tuple[Logged, ...]

    @property
    def statuses(self) -> dict[Id, SalesStatus]:
        """The status of every contact, by its id."""
        return {standing.id: standing.status for standing in self.contacts}

    def put_into(self, store: Store) -> None:
        """Put everything into an empty store."""
        with store.unit() as unit:
            for standing in self.contacts:
                unit.contacts.put(standing, 0)
            for deal in self.deals:
                unit.deals.put(deal, 0)
            for lead in self.leads:
                unit.leads.put(lead, 0)
            for record in self.conversions:
                unit.conversions.put(record, 0)
            unit.log.append(self.log)
            unit.commit()


@final
@attrs.frozen
class _People:
    """The contacts of an account, by id."""

    contacts: dict[Id, Contact]

    def of(self, kind: ContactKind) -> Strategy[Id | None]:
        return st.sampled_from(
            (None, *(id_ for id_, contact in self.contacts.items() if contact.kind is kind))
        )

    @property
    def anybody(self) -> Strategy[Id]:
        return st.sampled_from([*self.contacts]) if self.contacts else st.nothing()


def _few(record: Strategy[T], max_size: int) -> Strategy[list[T]]:
    return st.lists(record, max_size=max_size, unique_by=record_id)


@st.composite
def _people(draw: st.DrawFn, contact: Strategy[Contact], max_size: int) -> _People:
    found = _People({each.id: each for each in draw(_few(contact, max_size))})
    employers = {
        id_: draw(found.of(ContactKind.COMPANY))
        for id_, each in found.contacts.items()
        if each.kind is ContactKind.PERSON
    }
    return _People(
        {
            id_: attrs.evolve(each, company=employers.get(id_))
            for id_, each in found.contacts.items()
        }
    )


@st.composite
def accounts(
    draw: st.DrawFn,
    policy: Policy = SELL,
    *,
    any_id: Ids = ANY_ID,
    any_text: Texts = FEW_TEXTS,
    book: StageBook = SELL_STAGES,
    by_hand: bool = False,
    max_size: int = 4,
) -> Account:
    """Whole accounts: contacts with the statuses of their deals, employees, leads, conversions.

    With `by_hand` some statuses were set by hand afterwards. `max_size` limits the contacts, the
    deals and the leads.
    """
    drawn: dict[str, Any] = {"any_id": any_id, "any_text": any_text}
    people = draw(_people(contacts(company=None, **drawn), max_size))
    person, company = people.of(ContactKind.PERSON), people.of(ContactKind.COMPANY)
    # Under "snapshot" a deal may keep a company that its primary contact has left.
    another = company if policy.company_link == "snapshot" else None
    deal = deals(
        primary=people.anybody,
        company=another,
        involved=st.frozensets(people.anybody, max_size=3),
        **drawn,
    )
    saved = tuple(
        attrs.evolve(each, company=people.contacts[each.primary].company)
        if each.company is None
        else each
        for each in draw(_few(deal, max_size if people.contacts else 0))
    )
    log: list[Logged] = [
        *entries_of((DealSaved(_day(number), each) for number, each in enumerate(saved)), policy)
    ]
    now = dict(replay(log, policy).statuses)
    for contact in draw(
        st.lists(people.anybody, max_size=max_size if by_hand and people.contacts else 0)
    ):
        state = now.get(contact, SalesStatus())
        by_a_person = [
            each
            for each in events_about_held(state, policy, accepted=True)
            if isinstance(each, ManualEvent)
        ]
        event = draw(st.sampled_from(by_a_person))
        now[contact] = transition(state, event, policy)
        log.append(Entry(_day(len(saved)), contact, event))
    heard_at = {record.contact: record.at for record in log}
    stage = st.sampled_from(("", *book.of(StageMeaning.IN_PROCESS), *book.of(StageMeaning.FAILURE)))
    came = draw(
        _few(
            leads(conversion=None, status=stage, person_id=person, company_id=company, **drawn),
            max_size,
        )
    )
    some_deal = st.sampled_from((None, *(each.id for each in saved)))
    made_of = draw(
        _few(conversion_records(person=person, company=company, deal=some_deal, **drawn), len(came))
    )
    conversions = [
        attrs.evolve(record, lead=lead.id) for record, lead in zip(made_of, came, strict=False)
    ]
    converted = [
        attrs.evolve(lead, status=book.success, conversion=record)
        for record, lead in zip(conversions, came, strict=False)
    ]
    return Account(
        policy=policy,
        contacts=tuple(
            Standing(
                contact=contact, status=now.get(id_, SalesStatus()), heard_at=heard_at.get(id_)
            )
            for id_, contact in people.contacts.items()
        ),
        deals=saved,
        leads=(*converted, *came[len(converted) :]),
        conversions=(*conversions,),
        log=(*log,),
    )


def _day(number: int) -> datetime:
    return DAY + timedelta(days=number)
