"""What tests of conversion share: a moment, a few leads and contacts, and looks at a refusal from
all sides."""

import pickle
from datetime import datetime, timezone

import pytest

from salesstatus import (
    Address,
    Contact,
    ContactKind,
    ConversionError,
    ConversionRequest,
    Lead,
    convert,
    plan_conversion,
)
from salesstatus.leads import SETUP

AT = datetime(2026, 5, 4, 9, 30, tzinfo=timezone.utc)

ROSE = Lead(
    id=7,
    first_name="Rose",
    last_name="Gonzalez",
    organization_name="Edge Communications",
    title="SVP, Procurement",
    description="Asked for the price list",
    industry="Electronics",
    website="www.edge.example",
    email="rose@edge.example",
    phone="(512) 757-6000",
    mobile="(512) 757-9340",
    address=Address(line1="312 Constitution Place", city="Austin", state="TX", country="US"),
    tags=["fair 2026", "hardware"],
    source="Trade fair",
    owner="sam",
    notes=["Met at booth 12"],
)


class RecordingIds:
    """Makes ids, and remembers for what."""

    def __init__(self):
        self.made = []

    def __call__(self, lead, what):
        self.made.append(f"made {lead.id!r} {what}")
        return self.made[-1]


def person(id_="ann", **fields):
    return Contact(id=id_, kind=ContactKind.PERSON, **fields)


def company(id_="acme", **fields):
    return Contact(id=id_, kind=ContactKind.COMPANY, **fields)


def converted(lead=ROSE, request=None, setup=SETUP, **more):
    """Convert, and see that the plan said so and that the inputs are what they were."""
    request = ConversionRequest() if request is None else request
    before = pickle.dumps((lead, request))
    done = convert(lead, request, setup, at=AT, **more)
    told = {name: value for name, value in more.items() if name in ("actor", "known")}
    assert done.plan == plan_conversion(lead, request, setup, **told)
    assert done.plan.broken == ()
    assert pickle.dumps((lead, request)) == before
    return done


def asked(lead=ROSE, setup=SETUP, *, known=None, actor="", **request):
    """Convert by a request with these fields."""
    return converted(lead, ConversionRequest(**request), setup, known=known, actor=actor)


def refused(lead=ROSE, setup=SETUP, *, known=None, actor="", **request):
    """Return what stands against it: the plan says the same, no id is made, and the inputs are what
    they were."""
    wish, ids = ConversionRequest(**request), RecordingIds()
    before = pickle.dumps((lead, wish))
    plan = plan_conversion(lead, wish, setup, actor=actor, known=known)
    with pytest.raises(ConversionError) as caught:
        convert(lead, wish, setup, at=AT, ids=ids, actor=actor, known=known)
    error = caught.value
    assert (error.lead, error.broken) == (lead.id, plan.broken)
    assert error.rules == tuple(broken.rule for broken in error.broken)
    assert str(error).startswith(f"lead {lead.id!r} cannot be converted. ")
    assert all(str(broken) in str(error) for broken in error.broken)
    assert ids.made == []
    assert pickle.dumps((lead, wish)) == before
    return error.broken
