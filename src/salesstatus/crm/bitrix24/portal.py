"""An account of Bitrix24, and what its webhooks ask to fetch."""

from __future__ import annotations

from datetime import datetime
from typing import final

import attrs

from salesstatus.crm.account import Account
from salesstatus.crm.bitrix24.columns import Kind
from salesstatus.values import Id


@final
@attrs.frozen
class ToFetch:
    """A record that a webhook says is new or changed after what was read of it."""

    kind: Kind
    id: Id
    at: datetime | None = None


@attrs.frozen(kw_only=True, repr=False)
class Portal(Account):
    """An account of Bitrix24.

    `to_fetch` are the records of which webhooks told, and which are to be asked for.
    """

    to_fetch: tuple[ToFetch, ...] = ()
