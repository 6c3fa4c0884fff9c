"""Where leads come from (a form, a call, an e-mail …), and on which record each lands (rule L7).

A contact point is looked up by its phone number and its e-mail address among what is known. What is
found decides in the order of `take_in`; if nothing is, a new lead is made. Nothing is guessed:
where several are known and no name tells which is meant, they are candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import unique
from typing import TypeAlias, final

import attrs

from salesstatus.keys import email_key, phone_key, text_key
from salesstatus.lead import Lead, LeadId, Note, StageMeaning
from salesstatus.leads.matching import Known, lead_name
from salesstatus.leads.stages import SELL_STAGES, StageBook
from salesstatus.model import Contact, ContactKind
from salesstatus.statements import L4, L7, Case, Statement
from salesstatus.values import (
    BriefRepr,
    IdentityEnum,
    InvalidError,
    a_text,
    aware,
    check,
    frozen_texts,
    id_order,
    in_utc,
    is_a,
    listed,
    shown,
    texts,
)

PERSON, COMPANY = ContactKind

_Record: TypeAlias = Contact | Lead


@final
@unique
class Channel(IdentityEnum):
    """How somebody came to us (rule L7)."""

    FORM = "form"
    CALL = "call"
    MISSED_CALL = "missed_call"
    EMAIL = "email"
    IMPORT = "import"
    BY_HAND = "by_hand"


@final
@attrs.frozen(kw_only=True, repr=False)
class ContactPoint(BriefRepr):
    """Somebody came to us: how, when, from which number or address, and with which names.

    `text` is what was said or written, `description` what is known of the person or the company. A
    call without a number is one from a withheld number. Raises `InvalidError` naming the field,
    also for a phone number or an e-mail address that is none (rule L7).
    """

    channel: Channel = attrs.field(validator=is_a(Channel))
    at: datetime = attrs.field(converter=in_utc, validator=aware)
    phone: str = a_text()
    email: str = a_text()
    first_name: str = a_text()
    last_name: str = a_text()
    organization_name: str = a_text()
    description: str = a_text()
    text: str = a_text()
    source: str = a_text()
    tags: frozenset[str] = attrs.field(default=frozenset(), converter=frozen_texts, validator=texts)

    def __attrs_post_init__(self) -> None:
        if self.phone and not phone_key(self.phone):
            raise InvalidError("ContactPoint.phone", self.phone, "a phone number", L7.id)
        if self.email and not email_key(self.email):
            raise InvalidError("ContactPoint.email", self.email, "an e-mail address", L7.id)


@final
@attrs.frozen(kw_only=True, repr=False)
class Landing(BriefRepr):
    """Where a contact point lands: on a known record, as a new `lead`, or on several `candidates`.

    Exactly one of the three is given. `reason` is a sentence, `rule` the id of the rule that
    decided.
    """

    on: Contact | Lead | None = None
    lead: Lead | None = None
    candidates: tuple[Contact | Lead, ...] = ()
    reason: str
    rule: str


@attrs.frozen
class _Sought:
    """The numbers and addresses to look up, and the names that tell several records apart."""

    phones: tuple[str, ...]
    emails: tuple[str, ...]
    person: str
    company: str

    @property
    def ways(self) -> str:
        """By what somebody can be found, in words."""
        found = (("this phone number", self.phones), ("this e-mail address", self.emails))
        return " or ".join(way for way, values in found if values)


def take_in(
    point: ContactPoint,
    known: Known,
    *,
    id: LeadId,
    book: StageBook = SELL_STAGES,
    repeat_leads: bool = False,
    by: str = "",
    owner: str = "",
) -> Landing:
    """Return where a contact point lands, by its phone number and e-mail address (rule L7).

    The first of these that is known decides: a lead that is not closed; a person; a company; a
    contact that a closed lead became or was tied to; a closed lead. Of several, those with the name
    given are left, compared whole. If nothing is known, a new lead is made: `id` is its id, `by`
    added it and `owner` is responsible for it; the text becomes its note. With `repeat_leads` a
    known contact lands on its lead in process, and without one gets a new, repeat lead (rule L4);
    for this all known leads are walked through. Raises `InvalidError` for a wrong argument, and for
    the id of a known lead where a new one is made.

    >>> at = datetime.fromisoformat("2026-05-04T09:30Z")
    >>> call = ContactPoint(channel=Channel.CALL, at=at, phone="512 757 6000")
    >>> rose = Contact(id=1, kind=ContactKind.PERSON, name="Rose Gonzalez", phone="(512) 757-6000")
    >>> take_in(call, Known([rose]), id=7).reason
    'person 1 is known by this phone number'
    >>> take_in(call, Known(), id=7).lead.phone
    '512 757 6000'
    """
    check("point", point, ContactPoint)
    check("book", book, StageBook)
    lead = Lead(
        id=id,
        first_name=point.first_name,
        last_name=point.last_name,
        organization_name=point.organization_name,
        description=point.description,
        email=point.email,
        phone=point.phone,
        tags=point.tags,
        source=point.source,
        status=book.first,
        owner=owner,
        notes=(Note(content=point.text, created_by=by, created_at=point.at),) if point.text else (),
        created_by=by,
        created_at=point.at,
    )
    return take_in_lead(lead, known, book=book, repeat_leads=repeat_leads)


def take_in_lead(
    lead: Lead, known: Known, *, book: StageBook = SELL_STAGES, repeat_leads: bool = False
) -> Landing:
    """Return where a lead lands that came as a whole, as from an import.

    It is looked up by each of its phone numbers and e-mail addresses, and then as in `take_in`
    (rules L4, L7). Raises as `take_in` does.

    >>> known = Known(leads=[Lead(id=1, email="rose@edge.example")])
    >>> take_in_lead(Lead(id=2, last_name="Gonzalez", email="Rose@Edge.example"), known).on.id
    1
    """
    check("repeat_leads", repeat_leads, bool)
    landing = known_as(lead, known, book)
    contact = landing.on
    if landing.lead is not None:
        return _new(lead, known, Case(landing.rule, landing.reason))
    if not (repeat_leads and isinstance(contact, Contact)):
        return landing
    who = f"{contact.kind.value} {shown(contact.id)}"
    working = _repeat_leads(contact, known, book)
    if working:
        return _on(L4, "working", _named(working, _sought(lead), known), contact=who)
    repeat = (
        attrs.evolve(lead, person_id=contact.id)
        if contact.kind is PERSON
        else attrs.evolve(lead, company_id=contact.id)
    )
    return _new(repeat, known, L4.case("repeat", contact=who))


def known_as(lead: Lead, known: Known, book: StageBook) -> Landing:
    """Return where a lead lands by its numbers and addresses (rule L7); by its id it is not asked.

    Raises `InvalidError` for a wrong argument.
    """
    check("lead", lead, Lead)
    check("known", known, Known)
    check("book", book, StageBook)
    sought = _sought(lead)
    for case, records in _found(sought, known, book):
        if records:
            return _on(L7, case, _named(records, sought, known), ways=sought.ways)
    why = L7.case("unknown" if sought.ways else "nothing", ways=sought.ways)
    return Landing(lead=lead, reason=why.says, rule=why.rule)


def _sought(lead: Lead) -> _Sought:
    return _Sought(
        tuple(phone for phone in (lead.phone, lead.mobile, *sorted(lead.phones)) if phone),
        tuple(email for email in (lead.email, *sorted(lead.emails)) if email),
        text_key(lead_name(lead, PERSON)),
        text_key(lead_name(lead, COMPANY)),
    )


def _found(
    sought: _Sought, known: Known, book: StageBook
) -> Iterator[tuple[str, Sequence[_Record]]]:
    """Yield the cases of rule L7 in the order in which they count, with the records of each."""
    found = [record for phone in sought.phones for record in known.reached(phone=phone)]
    found += [record for email in sought.emails for record in known.reached(email=email)]
    each = {(type(record), record.id): record for record in found}.values()
    contacts = [record for record in each if isinstance(record, Contact)]
    leads = [record for record in each if isinstance(record, Lead)]
    closed = [lead for lead in leads if _is_closed(lead, book)]
    yield "open_lead", [lead for lead in leads if not _is_closed(lead, book)]
    yield "person", [contact for contact in contacts if contact.kind is PERSON]
    yield "company", [contact for contact in contacts if contact.kind is COMPANY]
    yield "of_closed", _behind(closed, known)
    yield "closed", closed


def _is_closed(lead: Lead, book: StageBook) -> bool:
    """Whether a lead is converted or junk. A status that the book does not know closes nothing."""
    return book.meaning_of(lead) in (StageMeaning.SUCCESS, StageMeaning.FAILURE)


def _behind(leads: Sequence[Lead], known: Known) -> Sequence[Contact]:
    """Return the contacts that closed leads became or were tied to: persons, else companies."""
    ids = [(record.person, record.company) for lead in leads if (record := lead.conversion)]
    ids += [(lead.person_id, lead.company_id) for lead in leads]
    for column in zip(*ids, strict=True):
        found = {
            contact.id: contact for contact in map(known.contact, column) if contact is not None
        }
        if found:
            return tuple(found.values())
    return ()


def _repeat_leads(contact: Contact, known: Known, book: StageBook) -> Sequence[Lead]:
    """Return the leads in process that are tied to a contact (rule L4)."""
    return [
        lead
        for lead in known.leads.values()
        if contact.id in (lead.person_id, lead.company_id) and not _is_closed(lead, book)
    ]


def _named(records: Sequence[_Record], sought: _Sought, known: Known) -> Sequence[_Record]:
    """Return the records with the names sought, compared whole; all where none has them."""

    def name(record: _Record, kind: ContactKind) -> str:
        if isinstance(record, Lead):
            return lead_name(record, kind)
        contact = record if record.kind is kind else known.contact(record.company)
        return "" if contact is None else contact.name

    for kind, key in ((PERSON, sought.person), (COMPANY, sought.company)):
        fitting = [record for record in records if key and text_key(name(record, kind)) == key]
        records = fitting or records
    return records


def _on(rule: Statement, case: str, records: Sequence[_Record], **specific: str) -> Landing:
    """Return the landing on the one record that is left, or on several candidates."""
    records = sorted(records, key=lambda record: id_order(record.id))
    ids = listed([record.id for record in records])
    if len(records) == 1:
        why = rule.case(case, records=ids, **specific)
        return Landing(on=records[0], reason=why.says, rule=why.rule)
    why = rule.case(f"{case}_several", records=ids, **specific)
    return Landing(candidates=tuple(records), reason=why.says, rule=why.rule)


def _new(lead: Lead, known: Known, why: Case) -> Landing:
    if lead.id in known.leads:
        raise InvalidError("id", lead.id, "an id that no known lead has")
    return Landing(lead=lead, reason=why.says, rule=why.rule)
