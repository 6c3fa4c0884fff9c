"""For those who test: a contract for stores, strategies for Hypothesis, and examples told as given,
when, then.

Install it with ``pip install salesstatus[testing]``.

* `salesstatus.testing.contracts`: classes to subclass, one for each port and one for a whole store.
* `salesstatus.testing.strategies`: Hypothesis strategies for everything that has a name in the
  library; what the library answers is drawn by `salesstatus.testing.answers`.
* `salesstatus.testing.scenario`: `given(...).when(...).then(...)`.
"""

import sys

# Where pytest runs, a failed contract shows both sides in full; who only draws values needs no
# pytest.
if "pytest" in sys.modules:
    _SHOWN = ("contracts", "machine", "scenario")
    sys.modules["pytest"].register_assert_rewrite(
        *(f"salesstatus.testing.{name}" for name in _SHOWN)
    )
