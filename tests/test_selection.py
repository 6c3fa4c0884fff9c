"""Finding contacts by their statuses."""

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies as own
from effort import examples
from salesstatus import (
    CustomerStatus,
    DealStatus,
    InvalidError,
    ProspectStatus,
    SalesStatus,
    Selection,
    select,
)

law = settings(max_examples=examples(100), deadline=None)
EVERYONE = {
    f"{prospect.value} {customer.value}": SalesStatus(prospect, customer)
    for prospect in ProspectStatus
    for customer in CustomerStatus
}


def names(selection):
    return [name for name, _ in select(EVERYONE, selection)]


class TestQ1:
    """Contacts are filtered by any set of prospect states and any set of customer states, both at
    once."""

    def test_all_current_customers_for_one_mailing(self):
        found = names(Selection(customer={CustomerStatus.CURRENT}))
        assert found == ["none current", "current current", "lost current"]

    def test_both_axes_at_once(self):
        selection = Selection(
            prospect={ProspectStatus.CURRENT, ProspectStatus.LOST},
            customer={CustomerStatus.PAST, CustomerStatus.NONE},
        )
        assert names(selection) == ["current none", "current past", "lost none", "lost past"]

    def test_by_default_everyone(self):
        assert names(Selection()) == [*EVERYONE]

    def test_no_state_selects_nobody(self):
        assert names(Selection(prospect=())) == []
        assert names(Selection(customer=frozenset())) == []

    @law
    @given(
        st.sets(own.prospects),
        st.sets(own.customers),
        st.dictionaries(own.any_ids, own.states, max_size=8),
    )
    def test_who_is_in_both_sets_is_selected_in_the_order_given(
        self, prospects, customers, statuses
    ):
        selection = Selection(prospect=prospects, customer=customers)
        expected = [
            (contact, status)
            for contact, status in statuses.items()
            if status.prospect in prospects and status.customer in customers
        ]
        assert list(select(statuses, selection)) == expected
        assert [selection.matches(status) for status in statuses.values()].count(True) == len(
            expected
        )

    def test_one_state_stands_for_the_set_of_it_and_any_collection_will_do(self):
        current = Selection(customer=CustomerStatus.CURRENT)
        assert (
            current
            == Selection(customer=[CustomerStatus.CURRENT])
            == Selection(customer=(CustomerStatus.CURRENT,))
        )
        assert current.customer == frozenset({CustomerStatus.CURRENT})
        assert current.prospect == frozenset(ProspectStatus)

    @pytest.mark.parametrize(
        ("wrong", "place", "value"),
        [
            ({"prospect": {CustomerStatus.CURRENT}}, "Selection.prospect", CustomerStatus.CURRENT),
            (
                {"customer": [CustomerStatus.PAST, ProspectStatus.LOST]},
                "Selection.customer",
                ProspectStatus.LOST,
            ),
            ({"customer": DealStatus.LOST}, "Selection.customer", DealStatus.LOST),
            ({"prospect": "current"}, "Selection.prospect", "current"),
            ({"prospect": ["current"]}, "Selection.prospect", "current"),
            ({"customer": None}, "Selection.customer", None),
            ({"customer": [["past"]]}, "Selection.customer", ["past"]),
        ],
        ids=str,
    )
    def test_a_state_of_another_axis_is_refused_by_name(self, wrong, place, value):
        with pytest.raises(InvalidError) as caught:
            Selection(**wrong)
        assert (caught.value.place, caught.value.value) == (place, value)

    def test_a_selection_is_a_value(self):
        states = {ProspectStatus.LOST}
        selection = Selection(prospect=states)
        states.add(ProspectStatus.NONE)
        assert selection == Selection(prospect=ProspectStatus.LOST)
        for twin in (pickle.loads(pickle.dumps(selection)), copy.deepcopy(selection)):
            assert twin == selection
            assert hash(twin) == hash(selection)
        with pytest.raises(AttributeError):
            selection.prospect = frozenset()
