"""A field of a lead is defined in one place and named in four more: none of them forgets one."""

import attrs
import pytest

from salesstatus import Contact, Lead
from salesstatus.crm.bitrix24.columns import COLUMNS as BITRIX24
from salesstatus.crm.bitrix24.columns import Kind as BitrixKind
from salesstatus.crm.sell.columns import COLUMNS, Kind
from salesstatus.leads import INHERITANCE
from salesstatus.model import Profile
from salesstatus.tables.leads import LEAD_HEADINGS as HEADINGS

FIELDS = frozenset(attrs.fields_dict(Lead))


def bitrix24():
    shape = BITRIX24[BitrixKind.LEAD]
    named = {column.field for column in shape.columns}
    return named | {field for group in shape.groups for field in group.fields}


NOT_IN_BITRIX24 = {
    "source": "the column source_id, by the list of sources",
    "unqualified_reason": "the stage, and the column status_description",
    "conversion": "the columns moved_at and moved_by, and records that point back",
    **dict.fromkeys(("industry", "notes", "tags"), "Bitrix24's leads have none"),
}
#: Where the fields of a lead are named, and which of them another name or place stands for there.
HOMES = {
    "the rows of inheritance": ({row.field for row in INHERITANCE}, {}),
    "the headers of lead files": (
        {heading.field for heading in HEADINGS},
        {
            "custom_fields": "every other column is one",
            "person_id": "a file knows no contacts",
            "company_id": "a file knows no contacts",
            "conversion": "a file holds no conversions",
        },
    ),
    "the columns of Sell": (
        {column.field for column in COLUMNS[Kind.LEAD].columns},
        {
            "source": "the column source_id, by the list of sources",
            "unqualified_reason": "the column unqualified_reason_id, by the list of reasons",
            "notes": "records of their own",
            "conversion": "a record of its own",
            **dict.fromkeys(("emails", "phones"), "Sell has one of each"),
            **dict.fromkeys(("person_id", "company_id"), "Sell has no repeat leads"),
            "open_to_all": "Sell has none",
        },
    ),
    "the columns of Bitrix24": (bitrix24(), NOT_IN_BITRIX24),
}


@pytest.mark.parametrize("home", HOMES)
def test_every_home_of_a_leads_fields_names_all_of_them(home):
    named, elsewhere = HOMES[home]
    assert {
        "missing": sorted(FIELDS - named - elsewhere.keys()),
        "named although it stands elsewhere": sorted(named & elsewhere.keys()),
        "no field of a lead": sorted(elsewhere.keys() - FIELDS),
    } == {"missing": [], "named although it stands elsewhere": [], "no field of a lead": []}


def test_contacts_and_leads_share_the_fields_of_a_profile_and_no_others():
    shared = attrs.fields_dict(Contact).keys() & attrs.fields_dict(Lead).keys()
    assert shared == attrs.fields_dict(Profile).keys()
