"""Where leads come from: a form, a call, an e-mail, an import, a colleague, and on whom each of
them lands (rule L7).

A contact point is looked up by its phone number and its e-mail address among what is known. What is
found decides in the order of `take_in`; if nothing is, a new lead is made. Nothing is guessed:
where several are known and the name told does not say which, they are candidates. Ids and times are
arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import unique
from typing import Final, TypeAlias, final

import attrs

from salesstatus.keys import email_key, phone_key, text_key
from salesstatus.lead import Lead, LeadId, Note, StageMeaning
from salesstatus.leads.matching import Known
from salesstatus.leads.stages import SELL_STAGES, StageBook
from salesstatus.model import Contact, ContactId, ContactKind, full_name
from salesstatus.values import (
    IdentityEnum,
    InvalidError,
    a_text,
    aware,
    check,
    id_order,
    in_utc,
    is_a,
    listed,
    set_of,
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
@attrs.frozen(kw_only=True)
class ContactPoint:
    """Somebody came to us: how, when, from which number or address, and what was told.

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
    tags: frozenset[str] = set_of(texts)

    def __attrs_post_init__(self) -> None:
        if self.phone and not phone_key(self.phone):
            raise InvalidError("ContactPoint.phone", self.phone, "a phone number", "L7")
        if self.email and not email_key(self.email):
            raise InvalidError("ContactPoint.email", self.email, "an e-mail address", "L7")


@final
@attrs.frozen(kw_only=True)
class Landing:
    """Where a contact point lands: `on` a known lead or contact, as a new `lead`, or on one of
    several `candidates`.

    It is exactly one of the three. `reason` is a sentence, `rule` the id of the rule that decided.
    """

    on: Contact | Lead | None = None
    lead: Lead | None = None
    candidates: tuple[Contact | Lead, ...] = ()
    reason: str
    rule: str


#: How the records of each step are told of, one and several. The order is that of the steps of
#: `take_in`.
_IN_PROCESS: Final = ("lead {}, in process, is known", "leads {}, in process, are all known")
_A_PERSON: Final = ("person {} is known", "persons {} are all known")
_A_COMPANY: Final = ("company {} is known", "companies {} are all known")
_OF_CLOSED: Final = (
    "contact {}, of a closed lead, is known",
    "contacts {}, of closed leads, are all known",
)
_CLOSED: Final = ("lead {}, closed, is known", "leads {}, closed, are all known")
#: Repeat leads of one contact (rule L4).
_TIED: Final = ("lead {} is in process", "leads {} are in process")


@attrs.frozen
class _Told:
    """What came in: the numbers and addresses to look up, and the names, by which several that are
    found are told apart.
    """

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
    told are left, compared whole. If nothing is known, a new lead is made: `id` is its id, `by`
    added it and `owner` is responsible for it; a text told becomes its note. With `repeat_leads` a
    known contact lands on its lead in process, and without one gets a new, repeat lead (rule L4);
    for this all known leads are walked through. Raises `InvalidError` for a wrong argument, and for
    the id of a known lead where a new one is made.

    >>> call = ContactPoint(channel=Channel.CALL, at=datetime.fromisoformat("2026-05-04T09:30Z"), phone="512 757 6000")
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
    """Return where a lead lands that came as a whole, from an import: on a known record, or as the
    new lead that it is.

    It is looked up by each of its phone numbers and e-mail addresses, and then as in `take_in`
    (rules L4, L7). Raises as `take_in` does.

    >>> known = Known(leads=[Lead(id=1, email="rose@edge.example")])
    >>> take_in_lead(Lead(id=2, last_name="Gonzalez", email="Rose@Edge.example"), known).on.id
    1
    """
    check("lead", lead, Lead)
    check("known", known, Known)
    check("book", book, StageBook)
    check("repeat_leads", repeat_leads, bool)
    told = _Told(
        tuple(phone for phone in (lead.phone, lead.mobile, *sorted(lead.phones)) if phone),
        tuple(email for email in (lead.email, *sorted(lead.emails)) if email),
        text_key(full_name(lead.first_name, lead.last_name)),
        text_key(lead.organization_name),
    )
    for sentences, records in _steps(_reached(told, known), known, book):
        if not records:
            continue
        landing = _on(sentences, _narrowed(records, told, known), f"by {told.ways}", "L7")
        if not (repeat_leads and isinstance(landing.on, Contact)):
            return landing
        contact = landing.on
        who = f"{contact.kind.value} {shown(contact.id)}"
        tied = _tied(contact, known, book)
        if tied:
            return _on(_TIED, _narrowed(tied, told, known), f"for {who}", "L4")
        repeat = (
            attrs.evolve(lead, person_id=contact.id)
            if contact.kind is PERSON
            else attrs.evolve(lead, company_id=contact.id)
        )
        return _new(repeat, known, f"{who} is known and has no lead in process", "L4")
    reason = (
        f"no lead and no contact is known by {told.ways}"
        if told.ways
        else "there is nothing to look up"
    )
    return _new(lead, known, reason, "L7")


def _reached(told: _Told, known: Known) -> Sequence[_Record]:
    """Return who is known by any of the numbers and addresses, each once."""
    found = [record for phone in told.phones for record in known.reached(phone=phone)]
    found += [record for email in told.emails for record in known.reached(email=email)]
    return tuple({(type(record), record.id): record for record in found}.values())


def _steps(
    reached: Sequence[_Record], known: Known, book: StageBook
) -> Sequence[tuple[tuple[str, str], Sequence[_Record]]]:
    """Return what was found in the order in which it counts, each with how it is told of."""
    contacts = [record for record in reached if isinstance(record, Contact)]
    leads = [record for record in reached if isinstance(record, Lead)]
    closed = [lead for lead in leads if _is_closed(lead, book)]
    return (
        (_IN_PROCESS, [lead for lead in leads if not _is_closed(lead, book)]),
        (_A_PERSON, [contact for contact in contacts if contact.kind is PERSON]),
        (_A_COMPANY, [contact for contact in contacts if contact.kind is COMPANY]),
        (_OF_CLOSED, _behind(closed, known)),
        (_CLOSED, closed),
    )


def _is_closed(lead: Lead, book: StageBook) -> bool:
    """Whether a lead is converted or junk. A status that the book does not know closes nothing."""
    return book.meaning_of(lead) in (StageMeaning.SUCCESS, StageMeaning.FAILURE)


def _behind(leads: Sequence[Lead], known: Known) -> Sequence[Contact]:
    """Return the known contacts that closed leads became or were tied to: persons, or where there
    is none, companies.
    """
    ids: list[tuple[ContactId | None, ContactId | None]] = []
    for lead in leads:
        if lead.conversion is not None:
            ids.append((lead.conversion.person, lead.conversion.company))
        ids.append((lead.person_id, lead.company_id))
    for column in zip(*ids, strict=True):
        found = {
            contact.id: contact for contact in map(known.contact, column) if contact is not None
        }
        if found:
            return tuple(found.values())
    return ()


def _tied(contact: Contact, known: Known, book: StageBook) -> Sequence[Lead]:
    """Return the leads in process that are tied to a contact: its repeat leads (rule L4)."""
    return [
        lead
        for lead in known._leads.values()
        if contact.id in (lead.person_id, lead.company_id) and not _is_closed(lead, book)
    ]


def _called(record: _Record, kind: ContactKind, known: Known) -> str:
    """Return by which name a record's person or company is known."""
    if isinstance(record, Lead):
        return (
            full_name(record.first_name, record.last_name)
            if kind is PERSON
            else record.organization_name
        )
    named = record if record.kind is kind else known.contact(record.company)
    return "" if named is None else named.name


def _narrowed(records: Sequence[_Record], told: _Told, known: Known) -> Sequence[_Record]:
    """Return those of the records that have the names told, or all where none has them.

    A name counts whole.
    """
    for kind, key in ((PERSON, told.person), (COMPANY, told.company)):
        fitting = [
            record for record in records if key and text_key(_called(record, kind, known)) == key
        ]
        records = fitting or records
    return records


def _on(sentences: tuple[str, str], records: Sequence[_Record], how: str, rule: str) -> Landing:
    """Return the landing on the one record that is left, or on several candidates."""
    one, several = sentences
    records = sorted(records, key=lambda record: id_order(record.id))
    if len(records) == 1:
        return Landing(on=records[0], reason=f"{one.format(shown(records[0].id))} {how}", rule=rule)
    reason = f"{several.format(listed([record.id for record in records]))} {how}; no name tells which is meant"
    return Landing(candidates=tuple(records), reason=reason, rule=rule)


def _new(lead: Lead, known: Known, reason: str, rule: str) -> Landing:
    if lead.id in known._leads:
        raise InvalidError("id", lead.id, "an id that no known lead has")
    return Landing(lead=lead, reason=reason, rule=rule)
