"""Whatever is handed to the public functions, the error names the place and the value."""

from datetime import datetime, timezone

import pytest

from salesstatus import (
    Contact,
    ContactKind,
    Deal,
    DealAssociated,
    DealDeleted,
    DealSaved,
    DealWon,
    EmployeeMoved,
    Entry,
    InvalidError,
    SalesStatus,
    audience,
    exported,
    notices,
    replay,
    select,
)
from salesstatus.propagation import audience_rules, moved, with_primary
from salesstatus.wire import dumps, loads

AT = datetime(2026, 5, 4, tzinfo=timezone.utc)
NAIVE = datetime(2026, 5, 4)
ANN = Contact(id=1, kind=ContactKind.PERSON)


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: audience(None), "deal"),
        (lambda: audience_rules("D-1"), "deal"),
        (lambda: moved(None, 1, 2), "moved.deal"),
        (lambda: with_primary(None, ANN, "keep"), "with_primary.deal"),
        (lambda: notices("D-1", None), "notices.before"),
        (lambda: notices(None, 3), "notices.after"),
        (lambda: list(exported(AT, ["D-1"])), "exported.deals"),
        (lambda: list(exported(AT, [], before=[None])), "exported.before"),
        (lambda: list(select({1: SalesStatus()}, "current")), "selection"),
        (lambda: replay([Entry(AT, 1, DealAssociated(1))], known=[1]), "known"),
        (lambda: Entry(NAIVE, 1, DealWon(1)), "Entry.at"),
        (lambda: DealSaved(NAIVE, Deal(id=1, primary=2)), "DealSaved.at"),
        (lambda: DealDeleted("now", 1), "DealDeleted.at"),
        (lambda: EmployeeMoved(None, 1, 2), "EmployeeMoved.at"),
        (lambda: loads(None), "text"),
        (lambda: loads(dumps(DealWon(1)), str), "kind"),
    ],
)
def test_the_error_names_the_place(call, place):
    with pytest.raises(InvalidError) as caught:
        call()
    assert caught.value.place == place
