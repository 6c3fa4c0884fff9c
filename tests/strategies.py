"""The only place that defines Hypothesis strategies."""

from datetime import date, datetime, timedelta, timezone

import attrs
from hypothesis import strategies as st

from salesstatus import (
    Contact,
    ContactKind,
    CustomerStatus,
    CustomerStatusSet,
    Deal,
    DealAssociated,
    DealDeleted,
    DealDissociated,
    DealLost,
    DealReopened,
    DealSaved,
    DealStatus,
    DealUnqualified,
    DealWon,
    EmployeeMoved,
    Entry,
    Policy,
    ProspectStatus,
    ProspectStatusSet,
    SalesStatus,
)

#: Few ids, so that events meet; of both kinds, so that 1 and "1" are told apart.
DEAL_IDS = (1, 2, "1", "D-é")
CONTACT_IDS = (1, "1", "ann", "bob", "acme")

any_ids = st.integers() | st.text(min_size=1)
deal_ids = st.sampled_from(DEAL_IDS)
contact_ids = st.sampled_from(CONTACT_IDS)
deal_statuses = st.sampled_from(DealStatus)
prospects = st.sampled_from(ProspectStatus)
customers = st.sampled_from(CustomerStatus)

policies = st.builds(
    Policy,
    won_masks_lost=st.booleans(),
    customer_until=st.sampled_from(["no_deals", "no_open_or_won", "marked_past"]),
    clearing=st.sampled_from(["free", "needs_no_deals"]),
    manual_prospect=st.sampled_from(["guarded", "never"]),
    company_link=st.sampled_from(["snapshot", "follow"]),
)

held_deals = st.dictionaries(deal_ids, deal_statuses)
#: Any status, also one that no accepted history leads to.
states = st.builds(SalesStatus, prospects, customers, held_deals)


def deal_events(ids=deal_ids):
    return st.one_of(
        st.builds(DealAssociated, ids, deal_statuses),
        *(st.builds(kind, ids) for kind in (DealWon, DealLost, DealUnqualified, DealReopened, DealDissociated)),
    )


manual_events = st.builds(ProspectStatusSet, prospects) | st.builds(CustomerStatusSet, customers)
events = deal_events() | manual_events

UTC = timezone.utc
DAY = datetime(2026, 5, 4, tzinfo=UTC)
zones = st.builds(timezone, st.integers(-23 * 60, 23 * 60).map(lambda minutes: timedelta(minutes=minutes)))
times = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones | st.just(UTC))

amounts = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
field_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates(date(1, 1, 1))
    | times,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("$decimal"), inner, max_size=3),
    max_leaves=5,
)
custom_fields = st.dictionaries(st.text() | st.sampled_from(["$x", "$$", "type"]), field_values, max_size=3)
_texts = {name: st.text() for name in ("owner", "source", "stage", "currency", "name")}

deals = st.builds(
    Deal,
    id=any_ids,
    primary=any_ids,
    company=st.none() | any_ids,
    involved=st.frozensets(any_ids, max_size=3),
    status=deal_statuses,
    value=amounts,
    tags=st.frozensets(st.text(), max_size=3),
    custom_fields=custom_fields,
    created_at=st.none() | times,
    **_texts,
)

#: Snapshots of few deals with few contacts, so that the same contact is met on several paths.
small_deals = st.builds(
    Deal,
    id=deal_ids,
    primary=contact_ids,
    company=st.none() | contact_ids,
    involved=st.frozensets(contact_ids, max_size=3),
    status=deal_statuses,
)

#: One deal as it is saved over and over, with times when it is not there.
chains = st.lists(st.none() | small_deals.map(lambda deal: attrs.evolve(deal, id="D-1")), max_size=8)
#: Several deals that ann leads for her company, which hears of them only through her; None: deleted.
led_saves = st.lists(
    st.tuples(
        deal_ids,
        st.none()
        | st.builds(
            Deal,
            id=st.just(0),
            primary=st.just("ann"),
            company=st.just("acme"),
            involved=st.frozensets(st.sampled_from((1, "1", "bob"))),
            status=deal_statuses,
        ),
    ).map(lambda save: (save[0], save[1] and attrs.evolve(save[1], id=save[0]))),
    max_size=12,
)

_contact_texts = {field.name: st.text() for field in attrs.fields(Contact) if field.type is str and field.default == ""}
persons = st.integers(0).flatmap(
    lambda id_: st.builds(
        Contact,
        id=st.just(id_),
        kind=st.just(ContactKind.PERSON),
        company=st.none() | st.text(min_size=1),
        tags=st.frozensets(st.text(), max_size=3),
        custom_fields=custom_fields,
        created_at=st.none() | times,
        **_contact_texts,
    )
)
companies = st.builds(
    Contact, id=any_ids, kind=st.just(ContactKind.COMPANY), tags=st.frozensets(st.text(), max_size=3), **_contact_texts
)
contacts = persons | companies

any_entries = st.builds(Entry, times, any_ids, deal_events(any_ids), st.none() | st.integers()) | st.builds(
    Entry, times, any_ids, manual_events
)

_moments = st.integers(0, 9).map(lambda hours: DAY + timedelta(hours=hours))
#: Records that meet: few contacts, few deals, few moments, in no order.
entries = st.builds(Entry, _moments, contact_ids, deal_events(), st.none() | st.integers(0, 3)) | st.builds(
    Entry, _moments, contact_ids, manual_events
)
#: As above, from a source that does not number them.
unnumbered = st.builds(Entry, _moments, contact_ids, events)


def moves_of(moments, people, companies):
    """A person moves to another company or to none; never to itself."""
    moves = st.tuples(moments, people, st.none() | companies).filter(lambda move: move[1] != move[2])
    return moves.map(lambda move: EmployeeMoved(*move))


snapshots = (
    st.builds(DealSaved, _moments, small_deals)
    | st.builds(DealDeleted, _moments, deal_ids)
    | moves_of(_moments, contact_ids, contact_ids)
)
records = entries | snapshots


def in_time(strategy, **kwargs):
    """Lists in the order of their times."""
    return st.lists(strategy, **kwargs).map(lambda found: sorted(found, key=lambda record: record.at))


#: A deal as it is saved over and over; None: deleted.
snapshot_streams = in_time(snapshots, max_size=30)
#: Two persons lead all deals and move between companies, so that one move re-routes several deals.
move_streams = in_time(
    st.builds(
        DealSaved,
        _moments,
        st.builds(
            Deal,
            id=deal_ids,
            primary=st.sampled_from(("ann", "bob")),
            company=st.none() | st.sampled_from(("acme", 1)),
            status=deal_statuses,
        ),
    )
    | moves_of(_moments, st.sampled_from(("ann", "bob")), st.sampled_from(("acme", 1, "1"))),
    min_size=3,
    max_size=15,
)
any_records = (
    any_entries
    | st.builds(DealSaved, times, deals)
    | st.builds(DealDeleted, times, any_ids)
    | moves_of(times, any_ids, any_ids)
)
#: Everything that has a place on the wire.
wire_values = any_records | states | deals | contacts | policies | deal_events(any_ids) | manual_events
