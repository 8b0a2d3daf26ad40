"""Does the account hold what the order needs, after all that is already promised?"""

from __future__ import annotations

from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.fill import Side
from engine.domain.position import split_symbol
from engine.domain.report import Balances
from engine.domain.risk import Denied, Reservation, RiskBook, Verdict
from engine.risk.book import is_spot
from engine.risk.codes import DenialCode, deny
from engine.risk.context import Candidate, worst_price
from engine.risk.positions import adds_exposure
from engine.risk.trading_state import needed_quantity


def available(book: RiskBook, balances: Balances, asset: str) -> Decimal:
    """Return what is free of `asset` and not promised to an order of ours; never below zero.

    The exchange takes an order's funds off `free` when it accepts the order; until these
    balances can show that, our own reservation stands for it.
    """
    balance = balances.assets.get(asset)
    free = balance.free if balance else ZERO
    with localcontext(EXACT):
        promised = sum((_promised(one, balances, asset) for one in book.reservations), ZERO)
        return max(free - promised, ZERO)


def _promised(reservation: Reservation, balances: Balances, asset: str) -> Decimal:
    held_ms = reservation.held_since_ms
    if held_ms is not None and balances.updated_at_ms >= held_ms:
        return ZERO
    base, quote = split_symbol(reservation.symbol)
    if is_spot(reservation.symbol) and reservation.side is Side.SELL:
        return reservation.quantity if asset == base else ZERO
    if reservation.reduces or asset != quote:
        return ZERO
    return reservation.quantity * reservation.price / reservation.leverage


def is_current(balances: Balances, book: RiskBook, now_ms: int, max_age_ms: int) -> bool:
    """Tell whether `balances` can be used: young, and not older than the newest trade we know.

    A trade moves funds after its reservation has gone; balances from before it would show money
    that is spent.
    """
    is_young = now_ms - balances.asked_at_ms <= max_age_ms
    return is_young and balances.updated_at_ms >= newest_trade_ms(book)


def newest_trade_ms(book: RiskBook) -> int:
    """Return when the newest trade that we know of was executed (exchange time); 0: none."""
    return max(
        [position.last_sort_key[0] for position in book.positions]
        + [row.executed_at_ms for rows in book.unfolded.values() for row in rows],
        default=0,
    )


def check_balance(candidate: Candidate) -> Denied | None:
    """Deny what the free balance does not cover; a market buy is counted with its collar."""
    asset, needed = required_funds(candidate)
    left = available(candidate.context.book, candidate.context.balances, asset)
    if needed <= left:
        return None
    return deny(
        DenialCode.INSUFFICIENT_BALANCE,
        f"the order needs {plain(needed)} {asset}; at most {plain(left)} {asset} are free.",
        needed=needed,
        available=left,
        asset=asset,
    )


def is_short(verdict: Verdict) -> bool:
    """Tell whether the funds were missing: with newer balances it may be another verdict."""
    return isinstance(verdict, Denied) and verdict.code == DenialCode.INSUFFICIENT_BALANCE


def required_funds(candidate: Candidate) -> tuple[str, Decimal]:
    """Return the asset that the order takes off the free balance, and how much at most."""
    terms, context = candidate.terms, candidate.context
    instrument = context.instrument
    is_spot_sale = instrument.market_type == "spot" and terms.side is Side.SELL
    if is_spot_sale:
        return instrument.base, needed_quantity(candidate)
    if not adds_exposure(candidate):
        return instrument.quote, ZERO
    if terms.quote_quantity is not None:
        return instrument.quote, terms.quote_quantity
    reference = context.reference_price(terms.side) or ZERO
    price = worst_price(terms, reference, context.settings.market_order_collar)
    notional = instrument.notional(terms.quantity or ZERO, price)
    with localcontext(EXACT):
        return instrument.quote, notional / candidate.leverage
