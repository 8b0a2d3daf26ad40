"""One thing, told on a few lines. Pure: documents in, text out."""

from __future__ import annotations

from collections.abc import Iterable

from workers.cli.documents import Document

_SIDE_BY_SIDE = 12  # Width of the names


def sheet(pairs: Iterable[tuple[str, object]]) -> str:
    """Return `name value` lines; what has no value is left out."""
    shown = [(name, value) for name, value in pairs if value not in (None, "", [], {})]
    return "\n".join(f"{name:<{_SIDE_BY_SIDE}} {value}" for name, value in shown)


def order_sheet(order: Document) -> str:
    """Return an order as people read it, its timeline and fills where they are given."""
    lines = [sheet(_order_pairs(order))]
    if order.get("fills"):
        lines += ["", "fills", *(f"  {fill_line(fill)}" for fill in order["fills"])]
    if order.get("timeline"):
        lines += ["", "timeline", *(f"  {event_line(event)}" for event in order["timeline"])]
    return "\n".join(lines)


def _order_pairs(order: Document) -> list[tuple[str, object]]:
    filled = order["filled_quantity"]
    average = order["average_price"]
    return [
        ("order", order["client_order_id"]),
        ("exchange id", order["exchange_order_id"]),
        ("account", order["account"]),
        ("what", order_words(order)),
        ("status", "in doubt" if order["in_doubt"] else order["status"]),
        ("filled", f"{filled} at {average}" if average else filled),
        ("reason", order["reason"]),
        ("evidence", ", ".join(f"{name} {value}" for name, value in order["evidence"].items())),
        ("settles by", order["settles_at"]),
        ("cancel", "asked for" if order["cancel_requested"] else None),
        ("cancel at", order["cancel_at"]),
        ("pair with", order["pair_with"]),
        ("replaces", order["replaces"]),
        ("replaced by", order["replaced_by"]),
        ("not replaced", order["replacement_note"]),
        ("chased", f"moved {order['chase_moves']} times" if order["is_chased"] else None),
        ("watched", _watch_words(order)),
        ("created", order["created_at"]),
        ("id", order["id"]),
    ]


def _watch_words(order: Document) -> str | None:
    if not order["is_watched"]:
        return None
    if order["best_price"] is None:
        return "by us; not active yet"
    return f"by us; best price {order['best_price']}, goes off at {order['goes_off_at']}"


def signal_sheet(signal: Document) -> str:
    """Return a signal, and its order, as people read it."""
    pairs = (
        ("signal", f"{signal['signal']} {signal['symbol']}"),
        ("account", signal["account"]),
        ("stop price", signal["stop_price"]),
        ("status", signal["status"]),
        ("reason", signal["reason"]),
        ("note", signal["note"]),
        ("id", signal["id"]),
        ("repeat", "this id was sent before" if signal["is_repeat"] else None),
    )
    order = signal["order"]
    return sheet(pairs) if order is None else f"{sheet(pairs)}\n\n{order_sheet(order)}"


def order_words(order: Document) -> str:
    """Return what was asked for in one line."""
    words = [order["side"], *_amount_words(order), order["symbol"], order["type"]]
    words += [f"at {order['price']}"] if order["price"] else []
    words += [f"trigger {order['trigger_price']}"] if order["trigger_price"] else []
    words += [f"{order['trailing_rate']} % from the best"] if order["trailing_rate"] else []
    words += [f"from {order['activation_price']} on"] if order["activation_price"] else []
    words += [order["time_in_force"]] if order["time_in_force"] else []
    words += ["post-only"] if order["post_only"] else []
    words += ["reduce-only"] if order["reduce_only"] else []
    words += ["by mark price"] if order["trigger_by"] == "mark" else []
    return " ".join(words)


def _amount_words(order: Document) -> list[str]:
    if order["close_position"]:
        return ["all of"]
    if order["quantity"]:
        return [order["quantity"]]
    # Neither: a signal that was denied before it was sized
    return [f"for {order['quote_quantity']}"] if order["quote_quantity"] else []


def fill_line(fill: Document) -> str:
    """Return one execution in one line."""
    fee = f", fee {fill['fee']} {fill['fee_currency']}" if fill["fee_currency"] else ""
    price = f"{fill['quantity']} at {fill['price']}"
    return f"{fill['executed_at']} {fill['side']} {price}{fee} (trade {fill['trade_id']})"


def event_line(event: Document) -> str:
    """Return one event in one line."""
    details = " ".join(f"{name}={value}" for name, value in event["details"].items())
    words = [event["at"], event["kind"], event["message"], details]
    return " ".join(word for word in words if word)
