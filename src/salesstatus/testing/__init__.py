"""For test authors: contracts for stores, Hypothesis strategies, and given/when/then examples.

Install it with ``pip install salesstatus[testing]``.

* `salesstatus.testing.contracts`: test classes to subclass, for each port and for a whole store.
* `salesstatus.testing.strategies`: Hypothesis strategies for every kind of value.
* `salesstatus.testing.scenario`: `given(...).when(...).then(...)`.
"""

import sys

# Where pytest runs, a failed contract shows both sides in full. Strategies need no pytest.
if "pytest" in sys.modules:
    _SHOWN = ("store_tests", "machine", "scenario")
    sys.modules["pytest"].register_assert_rewrite(
        *(f"salesstatus.testing.{name}" for name in _SHOWN)
    )
