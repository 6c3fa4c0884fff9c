"""Records for the contracts: few that meet each other, every shape, and many different ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from salesstatus.events import CustomerStatusSet, DealAssociated, DealWon
from salesstatus.history.records import Entry, StatusStated
from salesstatus.lead import (
    AttachedNote,
    ConversionRecord,
    FieldDefinition,
    Lead,
    Note,
    Scope,
    Tag,
    Target,
    Task,
)
from salesstatus.leads.matching import lookup_keys
from salesstatus.model import (
    Contact,
    ContactKind,
    CustomerStatus,
    Deal,
    DealStatus,
    ProspectStatus,
    SalesStatus,
)
from salesstatus.ports import (
    KINDS,
    Done,
    Standing,
    record_id,
)
from salesstatus.propagation import audience
from salesstatus.selection import Selection
from salesstatus.statements import G1
from salesstatus.testing import strategies as our

# --- Few records, so that the state machine finds and overwrites them ---

_DAY: Final = datetime(2026, 5, 4, tzinfo=timezone.utc)
#: Ids of which two look alike.
FEW_RECORD_IDS: Final = (1, "1", "b")
_some_id = st.sampled_from(FEW_RECORD_IDS)
_moments = st.integers(0, 2).map(lambda hours: _DAY + timedelta(hours=hours))
_statuses = st.builds(
    SalesStatus,
    st.sampled_from(ProspectStatus),
    st.sampled_from(CustomerStatus),
    st.dictionaries(_some_id, st.sampled_from(DealStatus), max_size=2),
)
_persons = st.builds(
    Contact,
    id=st.just("p"),
    kind=st.just(ContactKind.PERSON),
    last_name=st.sampled_from(["", "Lee", "Ray"]),
    email=st.sampled_from(["", "a@b.example"]),
    phone=st.sampled_from(["", "+49 30 1234"]),
    company=st.none() | _some_id,
)
_companies = st.builds(
    Contact,
    id=st.just("c"),
    kind=st.just(ContactKind.COMPANY),
    name=st.sampled_from(["Acme", "Lee", "b"]),
)


def _standing(
    contact: Contact, id_: Any, status: SalesStatus, heard_at: datetime | None
) -> Standing:
    company = None if contact.company == id_ else contact.company
    return Standing(
        contact=attrs.evolve(contact, id=id_, company=company), status=status, heard_at=heard_at
    )


FEW: Final[dict[str, st.SearchStrategy[Any]]] = {
    "contacts": st.builds(
        _standing, _persons | _companies, _some_id, _statuses, st.none() | _moments
    ),
    "deals": st.builds(
        Deal,
        id=_some_id,
        primary=_some_id,
        company=st.none() | _some_id,
        involved=st.frozensets(_some_id, max_size=2),
        status=st.sampled_from(DealStatus),
    ),
    "leads": st.builds(
        Lead,
        id=_some_id,
        last_name=st.sampled_from(["", "Lee"]),
        organization_name=st.sampled_from(["", "Acme"]),
        phone=st.sampled_from(["", "030/1234"]),
        person_id=st.none() | _some_id,
        company_id=st.none() | _some_id,
        status=st.sampled_from(["", "Working"]),
    ),
    "conversions": st.builds(ConversionRecord, id=_some_id, lead=_some_id, at=_moments),
    "notes": st.builds(
        AttachedNote,
        st.sampled_from(Target),
        _some_id,
        st.builds(Note, content=st.sampled_from(["one", "two"]), id=_some_id),
    ),
    "tasks": st.builds(
        Task,
        id=_some_id,
        content=st.sampled_from(["one", "two"]),
        target=st.sampled_from(Target),
        target_id=_some_id,
    ),
    "tags": st.builds(
        Tag, st.sampled_from(["vip", "fair"]), st.sampled_from([Scope.CONTACT, Scope.DEAL])
    ),
    "fields": st.builds(
        FieldDefinition, name=st.sampled_from(["Size", "Budget"]), person=st.booleans()
    ),
    "requests": st.builds(
        Done,
        key=st.sampled_from(["k", "l"]),
        use_case=st.just("save_deal"),
        kind=st.just("deals"),
        about=_some_id,
        at=_moments,
    ),
    # So few that the same record comes twice.
    "log": st.sampled_from(
        [
            Entry(_DAY, 1, DealAssociated(1)),
            Entry(_DAY, 1, DealWon(1)),
            Entry(_DAY + timedelta(hours=1), "1", DealAssociated("b")),
            Entry(_DAY, "b", CustomerStatusSet(CustomerStatus.PAST)),
            StatusStated(
                _DAY + timedelta(hours=1), 1, SalesStatus(customer=CustomerStatus.CURRENT), G1.id
            ),
        ]
    ),
}
FEW_IDS: Final = {name: records.map(record_id) for name, records in FEW.items() if name != "log"}
PORT_OF: Final[dict[type, str]] = {
    Standing: "contacts",
    Deal: "deals",
    Lead: "leads",
    ConversionRecord: "conversions",
    AttachedNote: "notes",
    Task: "tasks",
    Tag: "tags",
    FieldDefinition: "fields",
    Done: "requests",
}


_EVERY: Final[dict[str, Callable[[], st.SearchStrategy[Any]]]] = {
    "contacts": our.standings,
    "deals": our.deals,
    "leads": our.leads,
    "conversions": our.conversion_records,
    "notes": lambda: our.attached_notes(stored=True),
    "tasks": our.tasks,
    "tags": our.tags,
    "fields": our.field_definitions,
    "requests": our.dones,
    "log": our.logged,
}


def every(port: str) -> st.SearchStrategy[Any]:
    """Return the strategy of records of every shape for a port."""
    return _EVERY[port]()


def _keys_of(record: Standing | Lead) -> frozenset[str]:
    return lookup_keys(record.contact if isinstance(record, Standing) else record)


_KEYS: Final = ("name:lee", "name:acme", "phone:1234", "e-mail:a@b.example", "name:le")
_Finder = tuple[Sequence[tuple[Any, ...]], Callable[..., bool]]


def _attached(about: Callable[[Any], Any]) -> _Finder:
    words = [(target, id_) for target in Target for id_ in FEW_RECORD_IDS]
    return words, lambda record, target, id_: record.target is target and about(record) == id_


_of_contact: Final = [(id_,) for id_ in FEW_RECORD_IDS]
_sharing: Final[_Finder] = (
    [(frozenset({key}),) for key in _KEYS] + [(frozenset(),), (frozenset(_KEYS),)],
    lambda record, keys: not keys.isdisjoint(_keys_of(record)),
)
_SOME_PROSPECTS: Final = frozenset({ProspectStatus.CURRENT, ProspectStatus.LOST})
_SOME_CUSTOMERS: Final = frozenset({CustomerStatus.CURRENT, CustomerStatus.NONE})
#: The finders of each port: their arguments, and which records they must find.
FINDERS: Final[dict[tuple[str, str], _Finder]] = {
    ("contacts", "select"): (
        [
            *((Selection(prospect=frozenset({status})),) for status in ProspectStatus),
            *((Selection(customer=frozenset({status})),) for status in CustomerStatus),
            (Selection(prospect=_SOME_PROSPECTS, customer=_SOME_CUSTOMERS),),
            (Selection(prospect=_SOME_PROSPECTS, customer=frozenset()),),
            (Selection(),),
        ],
        lambda record, selection: selection.matches(record.status),
    ),
    ("contacts", "employees"): (
        _of_contact,
        lambda record, company: record.contact.company == company,
    ),
    ("contacts", "sharing"): _sharing,
    ("deals", "of"): (_of_contact, lambda record, contact: contact in audience(record)),
    ("leads", "of"): (
        _of_contact,
        lambda record, contact: contact in (record.person_id, record.company_id),
    ),
    ("leads", "sharing"): _sharing,
    ("notes", "of"): _attached(lambda note: note.target_id),
    ("tasks", "of"): _attached(lambda task: task.target_id),
    **{(port, "all"): ([()], lambda _: True) for port in KINDS},
}


def _numbered_contact(number: int) -> Standing:
    status = SalesStatus(customer=list(CustomerStatus)[number % 3])
    contact = Contact(id=number, kind=ContactKind.PERSON, name=f"Lee {number}")
    return Standing(contact=contact, status=status)


_NUMBERED: Final[dict[str, Callable[[int], Any]]] = {
    "contacts": _numbered_contact,
    "deals": lambda n: Deal(id=n, primary=n % 7),
    "leads": lambda n: Lead(id=n, last_name=f"Lee {n}"),
    "conversions": lambda n: ConversionRecord(id=n, lead=n, at=_DAY),
    "notes": lambda n: AttachedNote(Target.DEAL, n % 7, Note(content=f"{n}", id=n)),
    "tasks": lambda n: Task(id=n, content=f"{n}", target=Target.DEAL, target_id=n % 7),
    "tags": lambda n: Tag(f"tag {n}", Scope.CONTACT),
    "fields": lambda n: FieldDefinition(name=f"field {n}"),
    "requests": lambda n: Done(
        key=f"key {n}", use_case="save_deal", kind="deals", about=n, at=_DAY
    ),
    "log": lambda n: Entry(_DAY + timedelta(seconds=n), n % 7, DealAssociated(n)),
}


def numbered(port: str, number: int) -> Any:
    """Return one of many different records."""
    return _NUMBERED[port](number)
