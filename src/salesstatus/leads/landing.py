"""On which known record each lead of an import lands, and what becomes of it there.

A lead is known by its phone numbers and e-mail addresses (rule L7), or by the rows of the matching
rules (K12). Where it lands, `OnKnown` says what to do. Nothing is guessed: several records that it
may be are candidates, and a record with another name is never filled. A later lead of an import
lands on an earlier one by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import unique
from typing import Final, TypeAlias, final

import attrs

from salesstatus.keys import email_key, phone_key, text_key
from salesstatus.lead import Lead, StageMeaning, Target
from salesstatus.leads.intake import known_as
from salesstatus.leads.matching import Known, MatchRow, lead_name, same
from salesstatus.leads.request import SETUP, ConversionRequest, Setup
from salesstatus.leads.transfer import Lost, in_words, transfer
from salesstatus.merging import FieldConflict, filled
from salesstatus.model import Contact, ContactKind, absent
from salesstatus.statements import K11, K12, K17, Case
from salesstatus.values import BriefRepr, IdentityEnum, InvalidError, check, listed, shown

PERSON, COMPANY = ContactKind

_Known: TypeAlias = Contact | Lead


@final
@unique
class OnKnown(IdentityEnum):
    """What to do with a lead that lands on a known record."""

    SKIP = "skip"  #: nothing
    UPDATE = "update"  #: fill what is empty on the known record
    CREATE = "create"  #: make a new lead all the same


@final
@unique
class Outcome(IdentityEnum):
    """What became of a lead of an import."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"  #: the known record has everything already that it takes
    SKIPPED = "skipped"
    REFUSED = "refused"


@final
@attrs.frozen(kw_only=True, repr=False)
class Landed(BriefRepr):
    """What became of one lead of an import.

    `record` is as it is afterwards: the new lead, or the known record; None if the lead was
    refused. `on` holds the known records that the lead may be, `rule` and `reason` say why, and
    `lost` what did not land on the record, value by value.
    """

    lead: Lead
    outcome: Outcome
    record: Contact | Lead | None = None
    on: tuple[Contact | Lead, ...] = ()
    rule: str
    reason: str
    lost: tuple[Lost, ...] = ()


def land(
    leads: Iterable[Lead],
    known: Known,
    *,
    on_known: OnKnown | str = OnKnown.SKIP,
    setup: Setup = SETUP,
) -> Iterator[Landed]:
    """Yield what becomes of each lead of an import, in the order given (rules L7, K12, K17).

    `known` stays as it is. `setup` says which stages are closed, and which custom fields a contact
    takes (rule K7). Raises `InvalidError` for a wrong argument, and at a lead that is none.

    >>> known = Known(leads=[Lead(id=1, last_name="Lee", email="lee@edge.example")])
    >>> rows = [Lead(id=2, last_name="LEE", email="Lee@Edge.example", phone="512 757 6000")]
    >>> [landed] = land(rows, known, on_known="update")
    >>> landed.outcome, landed.record.phone, landed.reason
    (Outcome.UPDATED, '512 757 6000', 'known record 1 has the same name and e-mail')
    """
    check("known", known, Known)
    check("setup", setup, Setup)
    try:
        wanted = OnKnown(on_known)
    except ValueError:
        raise InvalidError("on_known", on_known, "one of skip, update, create") from None
    return _landed(leads, known.copy(), wanted, setup)


def _landed(leads: Iterable[Lead], known: Known, wanted: OnKnown, setup: Setup) -> Iterator[Landed]:
    for lead in leads:
        landed = _result(lead, known, wanted, setup)
        if landed.outcome in _NEWS and landed.record is not None:
            known.put(landed.record)
        yield landed


_NEWS: Final = frozenset({Outcome.CREATED, Outcome.UPDATED})


def _result(lead: Lead, known: Known, wanted: OnKnown, setup: Setup) -> Landed:
    on, why = _found(lead, known, setup)
    if not on or wanted is OnKnown.CREATE:
        if lead.id in known.leads:
            return _plain(lead, Outcome.REFUSED, K17.case("known", lead=shown(lead.id)), on)
        return _plain(lead, Outcome.CREATED, why, on, lead)
    if len(on) > 1:
        return _plain(lead, Outcome.REFUSED, why, on)
    record = next(iter(on))
    if _is_another(lead, record, known):
        return _plain(lead, Outcome.REFUSED, K12.case("another", record=_called(record)), on)
    if wanted is OnKnown.SKIP:
        return _plain(lead, Outcome.SKIPPED, why, on, record)
    if isinstance(record, Lead) and _is_final(record, setup):
        return _plain(lead, Outcome.REFUSED, K11.case("final", lead=shown(record.id)), on)
    after, lost = _updated(lead, record, known.region, setup)
    outcome = Outcome.UNCHANGED if after == record else Outcome.UPDATED
    return attrs.evolve(_plain(lead, outcome, why, on, after), lost=lost)


def _plain(
    lead: Lead, outcome: Outcome, why: Case, on: tuple[_Known, ...], record: _Known | None = None
) -> Landed:
    return Landed(lead=lead, outcome=outcome, record=record, on=on, rule=why.rule, reason=why.says)


def _found(lead: Lead, known: Known, setup: Setup) -> tuple[tuple[_Known, ...], Case]:
    """Return the known records that a lead may be, and why: by rule L7, else by the matching."""
    landing = known_as(lead, known, setup.book)
    if landing.candidates:
        return landing.candidates, Case(landing.rule, landing.reason)
    on: tuple[_Known, ...] = () if landing.on is None else (landing.on,)
    if not on:
        kind = PERSON if text_key(lead_name(lead, PERSON)) else COMPANY
        on = tuple(match.contact for match in known.matches(lead, kind))
    row = _row(lead, on[0], known) if on else None
    if row is None:
        return on, Case(landing.rule, landing.reason)
    has = " and ".join(shared.value for shared in row.shared)
    return on, K12.case("same", records=listed([record.id for record in on]), shared=has)


def _row(lead: Lead, record: _Known, known: Known) -> MatchRow | None:
    """Return the matching row by which a lead and a record are the same."""
    rows = (same(lead, record, kind, known.rows, region=known.region) for kind in ContactKind)
    return next(filter(None, rows), None)


def _is_final(lead: Lead, setup: Setup) -> bool:
    """Whether a lead is converted (rule K11)."""
    return bool(lead.conversion) or setup.book.meaning_of(lead) is StageMeaning.SUCCESS


def _is_another(lead: Lead, record: _Known, known: Known) -> bool:
    """Whether a record has another name, and no matching row says that it is the same (K12)."""
    if isinstance(record, Lead):
        names = [(lead_name(lead, kind), lead_name(record, kind)) for kind in ContactKind]
    elif record.kind is COMPANY and text_key(lead_name(lead, PERSON)):
        return True  # who has a name is somebody, and not the company
    else:
        names = [(lead_name(lead, record.kind), record.name)]
    keys = [(text_key(one), text_key(other)) for one, other in names]
    named, other = next((pair for pair in keys if all(pair)), ("", ""))
    return named != other and _row(lead, record, known) is None


def _called(record: _Known) -> str:
    return f"{record.kind.value if isinstance(record, Contact) else 'lead'} {shown(record.id)}"


#: What gives way of these is kept as a further one (rule G3).
_FURTHER: Final = frozenset({"email", "phone", "mobile"})
#: What is a record's own, whoever else it may be.
_OWN: Final = (
    *("status", "unqualified_reason", "person_id", "company_id", "open_to_all", "created_by"),
    *("created_at", "conversion"),
)


def _updated(
    lead: Lead, record: _Known, region: str | None, setup: Setup
) -> tuple[_Known, tuple[Lost, ...]]:
    """Return a record with what a lead knows beyond it, and what does not land (K12, G3)."""
    news = _news(lead, record, region)
    lost: list[Lost] = []
    after: _Known
    if isinstance(record, Lead):
        contents = {note.content for note in record.notes}
        notes = (note for note in lead.notes if note.content not in contents)
        after, given_way = filled(attrs.evolve(record, notes=(*record.notes, *notes)), news)
    else:
        target = Target.PERSON if record.kind is PERSON else Target.COMPANY
        carried = transfer(news, ConversionRequest(), setup, frozenset({target}), {})
        lost += carried.lost
        if lead.notes:
            lost.append(Lost("notes", lead.notes, *K12.case("notes")))
        other = Contact(id=lead.id, kind=record.kind, **carried.fields[target])
        after, given_way = filled(record, other)
    lost += [_lost(conflict, record) for conflict in given_way if _is_lost(conflict, record)]
    told = {each.field for each in lost}
    for name in _OWN:
        value, kept = getattr(lead, name), getattr(after, name, None)
        if name not in told and not absent(value) and value is not False and value != kept:
            lost.append(_lost(FieldConflict(name, kept, value, lead.id), record))
    return after, tuple(lost)


def _news(lead: Lead, record: _Known, region: str | None) -> Lead:
    """Return a lead without the numbers and addresses that a record has, however written."""
    emails = {email_key(each) or each for each in (record.email, *record.emails)}
    phones = {_number(each, region) for each in (record.phone, record.mobile, *record.phones)}
    return attrs.evolve(
        lead,
        email="" if (email_key(lead.email) or lead.email) in emails else lead.email,
        emails={each for each in lead.emails if (email_key(each) or each) not in emails},
        phone="" if _number(lead.phone, region) in phones else lead.phone,
        mobile="" if _number(lead.mobile, region) in phones else lead.mobile,
        phones={each for each in lead.phones if _number(each, region) not in phones},
    )


def _number(phone: str, region: str | None) -> str:
    return phone_key(phone, region) or phone


def _is_lost(conflict: FieldConflict, record: _Known) -> bool:
    """Whether a value that gave way is nowhere on the record; a person's name is told in parts."""
    named = conflict.field == "name" and isinstance(record, Contact) and record.kind is PERSON
    return conflict.field not in _FURTHER and not named


def _lost(conflict: FieldConflict, record: _Known) -> Lost:
    field = "organization_name" if conflict.field == "name" else conflict.field
    if absent(conflict.kept) and field in ("first_name", "last_name"):
        return Lost(field, conflict.dropped, *K12.case("whole"))
    kept = "nothing" if absent(conflict.kept) else in_words(conflict.kept)
    why = K12.case("keeps", record=_called(record), value=kept)
    return Lost(field, conflict.dropped, *why)
