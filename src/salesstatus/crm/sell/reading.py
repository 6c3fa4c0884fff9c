"""Reading Sell: rows in any order become an account."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final

import attrs

from salesstatus.crm.account import Account, Catalogue, Wanted
from salesstatus.crm.auditing import Stored
from salesstatus.crm.bodies import LIMIT, named_contents
from salesstatus.crm.contradictions import checked
from salesstatus.crm.oddities import Place, Reporter
from salesstatus.crm.pages import Pages
from salesstatus.crm.sell.assembly import Assembly, check_companies, check_contacts, made
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.crm.sell.csv_exports import csv_rows, is_csv
from salesstatus.crm.sell.csv_names import Names, employer_named
from salesstatus.crm.sell.deals import BY_NAME, Deals
from salesstatus.crm.sell.stages import Stages
from salesstatus.crm.sell.unpacking import Newest, Row, report_again, rows
from salesstatus.lead import LeadId
from salesstatus.model import Contact, ContactId, ContactKind, DealStatus
from salesstatus.statements import W4
from salesstatus.tables.options import Options
from salesstatus.tables.times import DateOrder
from salesstatus.values import FrozenMap, Id, InvalidError, check, shown

PERSON, COMPANY = ContactKind

#: What statuses need: the columns that are read when nothing else is wanted.
_SLIM: Final = {
    **COLUMNS,
    **{
        kind: COLUMNS[kind].only(*fields.split(), "created_at", "updated_at")
        for kind, fields in (
            (Kind.CONTACT, "id is_organization company parent name prospect customer"),
            (Kind.DEAL, "id primary company stage_id involved changed_at"),
        )
    },
}
_UNWANTED: Final = frozenset({Kind.LEAD, Kind.NOTE, Kind.TASK, Kind.TAG, Kind.CUSTOM_FIELD})


class Reading:
    """An account while it is read: give it contents with `take`, then ask for the `account`.

    `stages` are meanings of stages that the account does not give: by id or by name. With
    `Wanted.STATUSES` nothing is read but what statuses need. Raises `InvalidError` for arguments
    that are none.
    """

    def __init__(
        self,
        *,
        stages: Mapping[Id, DealStatus] | None = None,
        wanted: Wanted = Wanted.ALL,
        limit: int = LIMIT,
        date_order: DateOrder | None = None,
        locale: str | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        if type(wanted) is not Wanted:
            raise InvalidError("wanted", wanted, "a Wanted")
        if type(limit) is not int or limit < 1:
            raise InvalidError("limit", limit, "a number of characters, at least 1")
        self.report = Reporter()
        self.columns = COLUMNS if wanted is Wanted.ALL else _SLIM
        self._unwanted = frozenset[Kind]() if wanted is Wanted.ALL else _UNWANTED
        self._limit = limit
        self._csv: dict[str, Any] = {"date_order": date_order, "locale": locale, "zone": zone}
        Options(**self._csv)  # refuses what says nothing
        self.skipped: Counter[str] = Counter()
        self.pages = Pages()
        self._newest = Newest()
        self._contacts: dict[ContactId, Stored] = {}
        #: The companies that persons work for, where only their names are given.
        self._works_for: dict[ContactId, tuple[str, Place]] = {}
        self._leads: dict[LeadId, tuple[dict[str, Any], Place]] = {}
        self._named: dict[Kind, dict[Id, dict[str, Any]]] = defaultdict(dict)
        self._stages = Stages({} if stages is None else stages, self.report)
        self._deals = Deals(self._stages, self._newest, self._employer, self.report)

    def take(self, content: object, name: str = "input") -> None:
        """Read one content; its name places oddities, and may say the kind of its records."""
        for row in self.rows(content, name):
            self.add(row)

    def rows(self, content: object, name: str = "input") -> Iterator[Row]:
        """Yield the records of one content without taking them over."""
        check("name", name, str)
        if is_csv(name):
            return csv_rows(content, name, self.report, columns=self.columns, **self._csv)
        return rows(
            content,
            name,
            self.report,
            columns=self.columns,
            skipped=self.skipped,
            pages=self.pages,
            limit=self._limit,
        )

    def add(self, row: Row) -> None:
        """Take over one record."""
        kind, values = row.kind, row.values
        if kind in self._unwanted:
            self.skipped[kind.value] += 1
            return
        if kind is Kind.ASSOCIATED_CONTACT:
            self._deals.associate(row)
            return
        id_ = values["id"]
        if kind is Kind.DEAL:
            self._deals.note(row, id_)
        if not self._newest.counts(row, id_):
            found = f"{kind.value} {id_}, which was given in a newer state"
            self.report.read(row.place, "each record once", found)
            return
        if row.event == "deleted":
            self._delete(row, id_)
        elif kind is Kind.CONTACT:
            self._contact(row)
        elif kind is Kind.DEAL:
            self._deals.take(row)
        elif kind is Kind.LEAD:
            self._leads[id_] = (values, row.place)
        elif kind is Kind.STAGE:
            self._deals.take_stage(values)
        else:
            self._named[kind][id_] = values if row.scope is None else {**values, "scope": row.scope}

    def _delete(self, row: Row, id_: Id) -> None:
        if row.kind is Kind.CONTACT:
            self._contacts.pop(id_, None)
        elif row.kind is Kind.DEAL:
            self._deals.delete(id_)
        elif row.kind is Kind.LEAD:
            self._leads.pop(id_, None)
        elif row.kind is Kind.STAGE:
            self._stages.known.pop(id_, None)
        else:
            self._named[row.kind].pop(id_, None)

    def _contact(self, row: Row) -> None:
        values, place = row.values, row.place
        id_ = values["id"]
        before = self._contacts.get(id_)
        kind = self._kind(values, place, before)
        company = values.get("company")
        if company is not None and (kind is COMPANY or company == id_):
            expected = (
                "no employer, for it is a company"
                if kind is COMPANY
                else "another contact than the person itself"
            )
            self.report.left_out(place.at("contact_id"), expected, shown(company), W4.id)
            company = None
        if values.get("parent") == id_:
            at = place.at("parent_organization_id")
            self.report.left_out(at, "another company as the parent", shown(id_), W4.id)
        self._works_for.pop(id_, None)
        if kind is PERSON and company is None and values.get("company_name"):
            self._works_for[id_] = values["company_name"], place.at("company_name")
        given = {**values, "kind": kind, "company": company}
        contact = made(Contact, given, place, self.report)
        stored = Stored(
            contact=contact, prospect=values.get("prospect"), customer=values.get("customer")
        )
        if before is not None:
            was = before.contact
            created = {was.created_at, contact.created_at} - {None}
            if was.kind is not kind or len(created) > 1:
                expected = "one account: a contact keeps its kind and when it was created"
                found = f"contact {id_}, which is another one elsewhere"
                self.report.not_used(place, expected, found)
                return
            report_again(self.report, row, before == stored, id_)
        self._contacts[id_] = stored

    def _kind(self, values: Mapping[str, Any], place: Place, before: Stored | None) -> ContactKind:
        if "is_organization" in values:
            return COMPANY if values["is_organization"] else PERSON
        kind, found = PERSON, "nothing: read as a person, as in the API"
        if before is not None:
            kind = before.contact.kind
            found = f"nothing: read as a {kind.value}, as before"
        self.report.read(place, "is_organization, true or false", found)
        return kind

    # At the end, when everything is there.

    def account(self) -> Account:
        """Return what was read. The reading is used up."""
        self.pages.report(self.report)
        catalogue = self._catalogue()
        assembly = Assembly(self.report, catalogue, self._contacts, self._leads, self._named)
        conversions = assembly.conversions()
        names = self._names()
        check_companies(self._contacts, self.report)
        deals = self._deals
        undecided = deals.finish(assembly, names)
        check_contacts(self._contacts, deals.known, self.report)
        gone = deals.gone(conversions.values(), undecided)
        notes, lead_notes = assembly.notes()
        account = Account(
            crm="sell",
            contacts=FrozenMap.over(self._contacts),
            deals=FrozenMap.over(deals.known),
            undecided=FrozenMap.over(undecided),
            gone=FrozenMap.over(gone),
            changed_at=FrozenMap.over(deals.changed_at),
            stream=tuple(deals.stream()),
            assumed=frozenset(deals.assumed),
            leads=FrozenMap.over(assembly.leads(conversions, lead_notes)),
            conversions=tuple(conversions.values()),
            notes=tuple(notes),
            tasks=tuple(assembly.tasks()),
            tags=frozenset(assembly.tags()),
            fields=FrozenMap.over(assembly.fields()),
            catalogue=catalogue,
            skipped=FrozenMap(self.skipped),
        )
        return checked(account, self.report)

    def _catalogue(self) -> Catalogue:
        def names(*kinds: Kind) -> FrozenMap[Id, str]:
            named = [item for kind in kinds for item in self._named[kind].items()]
            return FrozenMap({id_: str(values.get("name") or id_) for id_, values in named})

        return Catalogue(
            stages=FrozenMap(self._stages.known),
            pipelines=names(Kind.PIPELINE),
            sources=names(Kind.SOURCE),
            reasons=names(
                Kind.LOSS_REASON, Kind.DEAL_UNQUALIFIED_REASON, Kind.LEAD_UNQUALIFIED_REASON
            ),
            users=names(Kind.USER),
        )

    def _names(self) -> Names:
        """Return the names of contacts, and give persons the ids of employers by name."""
        waiting = any(values.keys() & BY_NAME for values, _ in self._deals.waiting.values())
        needed = self._contacts.values() if waiting or self._works_for else ()
        names = Names.of(stored.contact for stored in needed)
        for id_, (company, place) in self._works_for.items():
            stored = self._contacts.get(id_)
            found = None if stored is None else employer_named(company, names, place, self.report)
            if stored is not None and found is not None:
                contact = attrs.evolve(stored.contact, company=found)
                self._contacts[id_] = attrs.evolve(stored, contact=contact)
        return names

    def _employer(self, person: ContactId) -> ContactId | None:
        stored = self._contacts.get(person)
        return None if stored is None else stored.contact.company


def read(
    contents: object,
    *,
    stages: Mapping[Id, DealStatus] | None = None,
    wanted: Wanted = Wanted.ALL,
    limit: int = LIMIT,
    date_order: DateOrder | None = None,
    locale: str | None = None,
    zone: tzinfo | None = None,
) -> Account:
    """Return the account whose contents are given.

    `contents` is a mapping of names to contents, or pairs of them; a content is a text, bytes, a
    file opened in binary mode, or parsed JSON. `stages` says what stages mean (by id or name) where
    the account does not, `limit` how many characters a line may have; `date_order`, `locale` and
    `zone` how times and amounts are written in CSV files
    (`salesstatus.crm.sell.csv_exports.csv_rows`), which are those whose names end so. Nothing in
    the contents is an error: what is strange is in `Account.oddities`. Raises `InvalidError` for
    arguments that are none.

    >>> account = read({"contacts.json": [{"id": 7, "name": "Acme", "is_organization": True}]})
    >>> account.contacts[7].contact.kind
    ContactKind.COMPANY
    """
    reading = Reading(
        stages=stages, wanted=wanted, limit=limit, date_order=date_order, locale=locale, zone=zone
    )
    for name, content in named_contents(contents):
        reading.take(content, name)
    return reading.account()
