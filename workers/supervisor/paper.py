"""Start the paper exchange as the settings want it: `python -m workers.supervisor.paper`.

A process of its own, so that no credential stands on a command line.
"""

from __future__ import annotations

import sys
import zlib

from engine.config import AccountSettings, Mode, Settings, load_settings
from workers.paper_exchange.main import main

#: The account number of the key that every fresh paper exchange knows.
FIRST_UID = 1_000_001


def arguments(settings: Settings, port: int) -> list[str]:
    """Return the paper exchange's arguments: its market, its keys, its folder."""
    paper = settings.paper
    given = ["--port", str(port), "--data-dir", str(settings.data_dir / "paper")]
    given += ["--seed", str(paper.seed), "--speed", str(paper.speed)]
    given += ["--symbols", ",".join(paper.symbols)]
    given += ["--weight-per-minute", str(paper.weight_per_minute)]
    given += ["--orders-per-10s", str(paper.orders_per_10s)]
    for account in settings.accounts.values():
        if account.mode is Mode.PAPER:
            given += ["--account", _key(account)]
    for asset, amount in paper.balances.items():
        given += ["--balance", f"{asset}={amount:f}"]
    for asset, amount in paper.futures_balances.items():
        given += ["--futures-balance", f"{asset}={amount:f}"]
    return [*given, "--control"] if paper.control else given


def _key(account: AccountSettings) -> str:
    key, secret = account.api_key.get_secret_value(), account.secret.get_secret_value()
    uid = FIRST_UID if key == "paper" else FIRST_UID + 1 + zlib.crc32(key.encode())
    return f"{key}:{secret}:{uid}"


if __name__ == "__main__":
    sys.exit(main(arguments(load_settings(), int(sys.argv[1]))))
