"""The paper exchange and we count with the same limits."""

from __future__ import annotations

from engine.config import AccountSettings, PaperSettings
from engine.exchange.abilities import BINANCE_SPOT
from engine.exchange.paper_limits import with_own_limits

PAPER = PaperSettings(weight_per_minute=123, orders_per_10s=45)


def limits_of(account: AccountSettings) -> dict[str, int]:
    """Return the limit of each window that an account's requests are counted in."""
    windows = with_own_limits(BINANCE_SPOT, account, PAPER).windows
    return {window.name: window.limit for window in windows}


def test_an_account_on_paper_is_counted_with_the_paper_exchange_s_limits():
    """What the settings give the exchange is what we keep to; the rest stays the venue's."""
    on_paper = limits_of(AccountSettings(name="paper", base_url="paper"))

    assert on_paper == {
        "weight_1m": 123,
        "requests_5m": 300_000,
        "orders_10s": 45,
        "orders_1d": 200_000,
    }


def test_any_other_account_keeps_the_venue_s_limits():
    """A host of one's own may be a proxy of the real exchange."""
    elsewhere = limits_of(AccountSettings(name="other", base_url="http://127.0.0.1:1"))

    assert elsewhere == {window.name: window.limit for window in BINANCE_SPOT.windows}
