"""Which known contact a lead is, and who is reached at a number or an address (rules K12, L7).

Two records are the same if a row of the matching rules says so: all keys that it names are shared.
Keys are compared whole (`salesstatus.keys`), so matching is symmetric and never goes by a part of a
name. The default is Sell's: the name, and the e-mail or the phone.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from enum import unique
from types import MappingProxyType
from typing import Any, Final

import attrs

from salesstatus.keys import email_key, phone_endings, phone_key, text_key, visible
from salesstatus.lead import Lead, LeadId
from salesstatus.model import Contact, ContactId, ContactKind, full_name
from salesstatus.statements import K12
from salesstatus.values import Id, IdentityEnum, InvalidError, check, id_order, list_of, listing

PERSON, COMPANY = ContactKind


@unique
class Shared(IdentityEnum):
    """What two records can share."""

    NAME = "name"
    EMAIL = "e-mail"
    PHONE = "phone"
    WEBSITE = "website"


def _shared(value: Iterable[Shared]) -> tuple[Shared, ...]:
    shared = list_of("MatchRow.shared", value, Shared, K12.id)
    if not shared:
        raise InvalidError("MatchRow.shared", value, "one or more members of Shared", K12.id)
    return shared


@attrs.frozen
class MatchRow:
    """Two records are the same if they share all of this, which must not be empty."""

    shared: tuple[Shared, ...] = attrs.field(converter=_shared)
    id: str = K12.id

    def __str__(self) -> str:
        return f"{self.id}, {' and '.join(shared.value for shared in self.shared)}"


#: Sell's default.
MATCHING: Final = (MatchRow((Shared.NAME, Shared.EMAIL)), MatchRow((Shared.NAME, Shared.PHONE)))
#: A row to add for companies: a company made of a lead inherits its website, but neither e-mail nor
#: phone (rule K4).
NAME_AND_WEBSITE: Final = MatchRow((Shared.NAME, Shared.WEBSITE))

_Record = Contact | Lead
_Keys = dict[Shared, frozenset[str]]


def _website_key(website: str) -> str:
    key = visible(website).casefold()
    for prefix in ("https://", "http://", "www."):
        key = key.removeprefix(prefix)
    return key.rstrip("/")


def lead_name(lead: Lead, kind: ContactKind) -> str:
    """Return the name of the person or of the company that a lead is about."""
    person = full_name(lead.first_name, lead.last_name)
    return person if kind is PERSON else lead.organization_name


def _keys(record: _Record, kind: ContactKind, region: str | None) -> _Keys:
    """Return what a record can be known by, as a person or as a company."""
    name = record.name if isinstance(record, Contact) else lead_name(record, kind)
    emails = {email_key(email) for email in (record.email, *record.emails) if email}
    phones = {
        phone_key(phone, region) for phone in (record.phone, record.mobile, *record.phones) if phone
    }
    return {
        Shared.NAME: frozenset({text_key(name)} - {""}),
        Shared.EMAIL: frozenset(emails - {""}),
        Shared.PHONE: frozenset(phones - {""}),
        Shared.WEBSITE: frozenset({_website_key(record.website)} - {""}),
    }


def _row(one: _Keys, other: _Keys, rows: tuple[MatchRow, ...]) -> MatchRow | None:
    for row in rows:
        if all(not one[key].isdisjoint(other[key]) for key in row.shared):
            return row
    return None


def same(
    one: _Record,
    other: _Record,
    kind: ContactKind,
    rows: tuple[MatchRow, ...] = MATCHING,
    *,
    region: str | None = None,
) -> MatchRow | None:
    """Return the row by which two records are the same person or company, or None; symmetric.

    >>> rose = Contact(id=1, kind=PERSON, name="Rose Gonzalez", email="rose@edge.example")
    >>> lead = Lead(id=2, first_name="ROSE", last_name="González", email="Rose@Edge.example")
    >>> print(same(lead, rose, PERSON))
    K12, name and e-mail
    """
    for record in (one, other):
        if isinstance(record, Contact) and record.kind is not kind:
            return None
    return _row(_keys(one, kind, region), _keys(other, kind, region), rows)


#: So many characters of a key are enough to look it up, and fit the index of any database.
_LOOKUP: Final = 40


def _lookup(shared: Shared, key: str) -> str:
    return f"{shared.value}:{key[:_LOOKUP].encode('unicode_escape').decode('ascii')}"


def _lookups(record: _Record, wanted: Collection[Shared]) -> frozenset[str]:
    found = {
        _lookup(shared, key)
        for kind in _kinds(record)
        for shared, keys in _keys(record, kind, None).items()
        if shared in wanted and shared is not Shared.PHONE
        for key in keys
    }
    if Shared.PHONE in wanted:
        # By its last digits, for numbers are written with and without the country's code.
        for phone in filter(None, (record.phone, record.mobile, *record.phones)):
            found |= {_lookup(Shared.PHONE, ending) for ending in phone_endings(phone)}
    return frozenset(found)


def _kinds(record: _Record) -> tuple[ContactKind, ...]:
    return (record.kind,) if isinstance(record, Contact) else (PERSON, COMPANY)


def lookup_keys(record: _Record) -> frozenset[str]:
    """Return the keys under which a store finds a contact or a lead again, for `salesstatus.ports`.

    Records that a matching rule takes for the same, or that are reached at the same number or
    address, share a key, wherever the phone is; not all that share one are the same, which `Known`
    says (rules K12, L7). Keys are short texts in ASCII.

    >>> rose = Contact(id=1, kind=PERSON, name="Rose González", phone="(512) 757-6000")
    >>> sorted(lookup_keys(rose))
    ['name:rose gonzalez', 'phone:6000']
    """
    if type(record) is not Contact and type(record) is not Lead:
        raise InvalidError("record", record, "a Contact or a Lead")
    return _lookups(record, frozenset(Shared))


def sought_keys(
    lead: Lead, rows: tuple[MatchRow, ...] = MATCHING, *, reached: bool = False
) -> frozenset[str]:
    """Return keys such that every record that a lead may be has one of them in its `lookup_keys`.

    Of each row only the key that the fewest share is sought: a phone number rather than a name.
    `reached`: for every record with its number or address instead (rule L7).
    """
    check("lead", lead, Lead)
    wanted = {min(row.shared, key=_RARE.index) for row in list_of("rows", rows, MatchRow)}
    return _lookups(lead, {Shared.PHONE, Shared.EMAIL} if reached else wanted)


_RARE: Final = (Shared.PHONE, Shared.EMAIL, Shared.WEBSITE, Shared.NAME)


@attrs.frozen
class Match:
    """A contact that a lead is, and the row that says so."""

    contact: Contact
    row: MatchRow


@attrs.define(init=False, eq=False, repr=False)
class Known:
    """The contacts and leads that there are, to be found by what they are known by.

    `rows` say when two records are the same. `region` (``"DE"``) says where phone numbers without a
    country's code are dialled; it needs the extra ``salesstatus[phone]``. Raises `InvalidError` for
    anything but contacts and leads, and for two with one id.
    """

    rows: tuple[MatchRow, ...]
    region: str | None
    _contacts: MutableMapping[ContactId, Contact]
    _leads: MutableMapping[LeadId, Lead]
    #: key → who is known by it, in layers: a copy writes on its own, over those that it shares
    _by_key: tuple[dict[tuple[Shared, str], dict[tuple[bool, ContactId | LeadId], None]], ...]

    def __init__(
        self,
        contacts: Iterable[Contact] = (),
        leads: Iterable[Lead] = (),
        *,
        rows: tuple[MatchRow, ...] = MATCHING,
        region: str | None = None,
    ) -> None:
        self.rows = list_of("Known.rows", rows, MatchRow, K12.id)
        self.region = region
        if region is not None:
            phone_key("", region)  # refuses what is no region
        self._contacts = {}
        self._leads = {}
        self._by_key = ({},)
        for contact in listing("Known.contacts", contacts, "contacts, each once"):
            self._take("contacts", contact, Contact, self._contacts)
        for lead in listing("Known.leads", leads, "leads, each once"):
            self._take("leads", lead, Lead, self._leads)

    def _take(self, place: str, record: Any, kind: type[_Record], known: Collection[Id]) -> None:
        if type(record) is not kind or record.id in known:
            raise InvalidError(f"Known.{place}", record, f"{place}, each once")
        self.put(record)

    def __repr__(self) -> str:
        return f"<Known: {len(self._contacts)} contacts, {len(self._leads)} leads>"

    def copy(self) -> Known:
        """Return a copy that shares what is known so far: `put` into it changes it alone."""
        copy = Known(rows=self.rows, region=self.region)
        copy._contacts = ChainMap({}, self._contacts)
        copy._leads = ChainMap({}, self._leads)
        copy._by_key = ({}, *self._by_key)
        return copy

    def put(self, record: Contact | Lead) -> None:
        """Add a record, or put it in place of the one with its id.

        Its old keys still find it; each match is compared again.
        """
        if isinstance(record, Contact):
            self._contacts[record.id] = record
        else:
            self._leads[record.id] = record
        place = (isinstance(record, Contact), record.id)
        for kind in _kinds(record):
            for shared, keys in _keys(record, kind, self.region).items():
                for key in keys:
                    self._by_key[0].setdefault((shared, key), {})[place] = None

    def contact(self, id_: ContactId | None) -> Contact | None:
        """Return a contact by its id, or None."""
        return None if id_ is None else self._contacts.get(id_)

    @property
    def leads(self) -> Mapping[LeadId, Lead]:
        """The leads by their ids."""
        return MappingProxyType(self._leads)

    def _holders(self, shared: Shared, keys: Iterable[str]) -> int:
        return sum(len(layer.get((shared, key), ())) for layer in self._by_key for key in keys)

    def _sharing(self, shared: Shared, keys: Iterable[str]) -> Iterator[_Record]:
        for layer in self._by_key:
            for key in keys:
                for is_contact, id_ in layer.get((shared, key), ()):
                    yield self._contacts[id_] if is_contact else self._leads[id_]

    def matches(self, lead: Lead, kind: ContactKind) -> tuple[Match, ...]:
        """Return every contact that a lead's person or company is, by their ids (rule K12)."""
        check("lead", lead, Lead)
        check("kind", kind, ContactKind)
        keys = _keys(lead, kind, self.region)
        found: dict[ContactId, Match] = {}
        # By the rarest key of each row: a name may be everyone's, a phone number is not.
        for shared in {
            min(row.shared, key=lambda shared: self._holders(shared, keys[shared]))
            for row in self.rows
        }:
            for record in self._sharing(shared, keys[shared]):
                if isinstance(record, Contact) and record.kind is kind and record.id not in found:
                    row = _row(keys, _keys(record, kind, self.region), self.rows)
                    if row is not None:
                        found[record.id] = Match(record, row)
        return tuple(found[id_] for id_ in sorted(found, key=id_order))

    def reached(self, phone: str = "", email: str = "") -> tuple[Contact | Lead, ...]:
        """Return all with this number or address: leads, then contacts, each by their ids."""
        phones = [phone_key(phone, self.region)] if phone else []
        emails = [email_key(email)] if email else []
        found: dict[tuple[bool, bool, Any], _Record] = {}
        for shared, keys in ((Shared.PHONE, phones), (Shared.EMAIL, emails)):
            for record in self._sharing(shared, keys):
                kind = record.kind if isinstance(record, Contact) else PERSON
                if not _keys(record, kind, self.region)[shared].isdisjoint(keys):
                    found[isinstance(record, Contact), *id_order(record.id)] = record
        return tuple(found[place] for place in sorted(found))
