"""`jinbao fees whatif` (switch/cli): a period of a ledger under another tariff, by account.

Nothing is changed: the ledger keeps what was charged.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from switch.cli.drawing import drawn, plain, table
from switch.cli.outcome import say, stop
from switch.cli.pricing.asking import tariffs_instead
from switch.cli.serving.folder import Folder
from switch.cli.settling.clear import signed_yuan
from switch.cli.settling.opening import checked_day, settled
from switch.cli.verbs import AsJson
from switch.settlement.whatif import Requoting, WhatIf


def whatif(
    *,
    folder: Folder,
    begin: Annotated[int, typer.Option("--from", metavar="YYYYMMDD", help="The first day.")],
    end: Annotated[int, typer.Option("--to", metavar="YYYYMMDD", help="The last day.")],
    tariff: Annotated[
        list[str],
        typer.Option("--tariff", metavar="NAME|FILE", help="In place of the folder's; repeats."),
    ],
    as_json: AsJson = False,
) -> None:
    """Compute the fees of a period under another tariff, and show who would pay or get more.

    \b
    Example:
      jinbao fees whatif -c city --from 20140701 --to 20140930 --tariff at-ceiling
    """  # noqa: D301 - \b keeps the lines of the examples apart
    checked_day(begin, "--from")
    checked_day(end, "--to")
    if begin > end:
        stop(f"--from {begin} is later than --to {end}")
    with settled(folder) as here:
        tariffs = tariffs_instead(tariff, folder, here.installation)
        requoting = Requoting(here.installation.configuration, tariffs, here.rules)
        found = requoting.take(here.books.rows(begin, end))
    say(msgspec.json.encode(found).decode() if as_json else _drawn(found))


def _drawn(found: WhatIf) -> str:
    made = table("Account 账户", "As it was 原", "Under it 新", "Difference 差")
    for account in sorted({*found.before, *found.after}):
        before, after = found.before.get(account, 0), found.after.get(account, 0)
        made.add_row(*map(plain, (account, *map(signed_yuan, (before, after, after - before)))))
    told = f"{found.count} transactions; {found.unquoted} keep their fees: they cannot be quoted"
    return drawn(plain(told), made)
