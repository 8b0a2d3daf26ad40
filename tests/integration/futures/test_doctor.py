"""The doctor on a futures account: everything that an order depends on, and nothing changed."""

from __future__ import annotations

import json

from tests.desk import Desk
from tests.integration.futures.test_settings import hedge, settings
from workers.cli.doctor import examine_account


def test_the_doctor_tells_modes_leverage_margin_and_money(desk: Desk) -> None:
    """Each on its line; the exchange's settings stay as they are."""
    document = json.loads(desk.config_path.read_text())
    document["accounts"]["desk"]["margin_mode"] = "isolated"
    desk.config_path.write_text(json.dumps(document))
    desk.restart_engine()
    hedge(desk)
    before = settings(desk)
    checks = examine_account(desk.engine, desk.engine.settings.accounts["desk"])
    told = {check.subject: (check.level.value, check.text) for check in checks}
    assert told["desk: position mode"][1].startswith("hedge")
    assert told["desk: key"] == ("ok", "it may read and trade")
    assert told["desk: balance"] == ("ok", "1000000 USDT free")
    level, text = told["desk: BTC/USDT:USDT"]
    assert level == "ok"
    assert "an order sets leverage 1 and margin isolated" in text
    assert settings(desk) == before
