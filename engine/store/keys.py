"""Every Redis key of Augustan, each as a function; nothing else spells a key.

The keys of one account share a hash tag, so that one script may touch all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

_ROOT = "aug"
#: The tag of what belongs to no account.
_SHARED = f"{_ROOT}:{{shared}}"


@dataclass(frozen=True)
class AccountKeys:
    """The keys of one account, by the slug of its identity."""

    slug: str

    def _key(self, *words: str) -> str:
        tag = self.slug.replace("{", "(").replace("}", ")")
        return ":".join((_ROOT, f"{{{tag}}}", *words))

    def account(self) -> str:
        """Hash: trading state, epoch, risk version, counters."""
        return self._key("account")

    def order(self, client_order_id: str) -> str:
        """Hash: version, body, reservation it held last, number of fills, by:<version> = writer."""
        return self._key("order", client_order_id)

    def timeline(self, client_order_id: str) -> str:
        """List of "<event id> <body>", oldest first."""
        return self._key("timeline", client_order_id)

    def request(self, request_key: str) -> str:
        """String: what the caller's key was used for; expires after the key horizon."""
        return self._key("request", request_key)

    def active(self) -> str:
        """Sorted set of the orders that are not settled, by creation."""
        return self._key("orders", "active")

    def open(self) -> str:
        """Sorted set of the orders known to work on the exchange, by creation."""
        return self._key("orders", "open")

    def in_doubt(self) -> str:
        """Sorted set of the orders whose outcome is unknown, by creation."""
        return self._key("orders", "in_doubt")

    def recent(self) -> str:
        """Sorted set of all orders, by creation."""
        return self._key("orders", "recent")

    def exchange_ids(self) -> str:
        """Hash: symbol and exchange order id -> client order id."""
        return self._key("orders", "exchange_ids")

    def reservations(self) -> str:
        """Hash: client order id -> what the order may still add."""
        return self._key("reservations")

    def paced(self) -> str:
        """Sorted set of the orders of the last minute that were not denied, by recording."""
        return self._key("orders", "paced")

    def rejections(self) -> str:
        """Sorted set of "<client order id> <symbol> <code>": the newest refusals, by time."""
        return self._key("orders", "rejections")

    def due(self) -> str:
        """Sorted set of orders by the time of their next look."""
        return self._key("due")

    def due_sequence(self) -> str:
        """Hash: client order id -> number of the last claim or change of its due time."""
        return self._key("due", "sequence")

    def deadlines(self) -> str:
        """Sorted set of the orders with a time limit, by the time (of the server) of their end."""
        return self._key("orders", "deadlines")

    def watched(self) -> str:
        """Hash: client order id -> index entry of every order that is not settled."""
        return self._key("orders", "watched")

    def look(self) -> str:
        """Record: what the looks at open orders remember."""
        return self._key("due", "look")

    def claimed_due(self, write_id: str) -> str:
        """String: what one claim of due work answered; expires with its lease."""
        return self._key("due", "claimed", write_id)

    def outbox(self) -> str:
        """Sorted set of entries by the time of their next publishing."""
        return self._key("outbox")

    def outbox_entries(self) -> str:
        """Hash: entry id -> entry."""
        return self._key("outbox", "entries")

    def outbox_published(self) -> str:
        """Hash: entry id -> how often it was published."""
        return self._key("outbox", "published")

    def outbox_opened(self, entry_id: str) -> str:
        """String: this id was asked for outside a group; expires."""
        return self._key("outbox", "opened", entry_id)

    def claimed_outbox(self, write_id: str) -> str:
        """String: what one claim of the outbox answered; expires with its lease."""
        return self._key("outbox", "claimed", write_id)

    def group(self, group_id: str) -> str:
        """Hash: size, entries = how many outbox entries it has had."""
        return self._key("group", group_id)

    def group_pending(self, group_id: str) -> str:
        """Set of its orders that are not settled."""
        return self._key("group", group_id, "pending")

    def group_symbols(self, group_id: str) -> str:
        """Set of the symbols in which it has fills."""
        return self._key("group", group_id, "symbols")

    def ledger(self, symbol: str) -> str:
        """List of rows in the order of booking."""
        return self._key("ledger", symbol)

    def ledger_rows(self, symbol: str) -> str:
        """Hash: <ledger epoch>/<row id> -> the write that booked it."""
        return self._key("ledger", symbol, "rows")

    def checkpoint(self, symbol: str) -> str:
        """Hash: what left this ledger; body, rows, until_ms, until_number, ledger_epoch, writer."""
        return self._key("ledger", symbol, "checkpoint")

    def doubted(self) -> str:
        """Hash: <symbol> <ledger epoch>/<row id> -> a row that may have left the ledger before."""
        return self._key("ledger", "doubted")

    def archived_keys(self) -> str:
        """Bit field of fixed size: the ids of archived orders whose key a caller chose."""
        return self._key("archived_keys")

    def former_ledger(self, ledger_epoch: int, symbol: str) -> str:
        """List: rows of a ledger that the exchange has reset since; its checkpoint beside it."""
        return self._key("former", str(ledger_epoch), symbol)

    def former_cursors(self, ledger_epoch: int) -> str:
        """Hash: symbol -> number of rows that its ledger had when the exchange reset it."""
        return self._key("former_cursors", str(ledger_epoch))

    def cursors(self) -> str:
        """Hash: symbol -> number of rows that its ledger ever had."""
        return self._key("cursors")

    def position(self, symbol: str) -> str:
        """Hash: version, cursor, body, by:<version> = who wrote it."""
        return self._key("position", symbol)

    def position_symbols(self) -> str:
        """Set of the symbols that have a position record."""
        return self._key("positions")

    def portfolio(self) -> str:
        """Hash: version, body, by:<version> = who wrote it."""
        return self._key("portfolio")

    def equity(self, resolution: str) -> str:
        """Sorted set: points of the equity series by the beginning of their minute, hour or day."""
        return self._key("equity", resolution)

    def trade_cursors(self) -> str:
        """Hash: symbol -> last trade id that REST showed."""
        return self._key("trade_cursors")

    def events(self) -> str:
        """Stream of what happened, trimmed to the newest."""
        return self._key("events")

    def stream(self) -> str:
        """Hash: who listens to the user stream until when, and the last report of its health."""
        return self._key("stream")

    def emergency(self) -> str:
        """Hash: version, body, by:<version> = who wrote it; the newest emergency run."""
        return self._key("emergency")

    def protection(self, plan_id: str) -> str:
        """Hash: version, body, by:<version> = who wrote it; a plan and the orders it placed."""
        return self._key("protection", plan_id)

    def protections(self) -> str:
        """Set of the plans of protection that are not over."""
        return self._key("protections")

    def written(self, write_id: str) -> str:
        """String: this write was done; expires."""
        return self._key("written", write_id)

    def order_books(self) -> tuple[str, ...]:
        """Return the first keys of every script that writes orders; `_books.lua` names them."""
        return (
            self.account(),
            self.active(),
            self.open(),
            self.in_doubt(),
            self.recent(),
            self.exchange_ids(),
            self.reservations(),
            self.due(),
            self.due_sequence(),
            self.outbox(),
            self.outbox_entries(),
            self.cursors(),
            self.events(),
            self.watched(),
            self.deadlines(),
        )


def bar(symbol: str) -> str:
    """Field of the account's hash: until when, and by whom, resting orders are not claimed."""
    return f"bar:{symbol}"


def lease(name: str) -> str:
    """Hash: owner, until_ms."""
    return f"{_SHARED}:lease:{name}"


def signal(signal_id: str) -> str:
    """String: the record of a signal."""
    return f"{_SHARED}:signal:{signal_id}"


def signal_writer(signal_id: str) -> str:
    """String: which write made the record of a signal."""
    return f"{_SHARED}:signal:{signal_id}:writer"


def waiting_signals() -> str:
    """Sorted set of the signals that nobody acted on yet, by the time they came in."""
    return f"{_SHARED}:signals:waiting"


def closed_signals(account: str) -> str:
    """Sorted set of the signals that came to an end and are not in the archive yet, by its time."""
    return f"{_SHARED}:signals:closed:{account}"


def strategy(account: str, name: str) -> str:
    """Hash: version, body, by:<version> = who wrote it; where a strategy of an account stands."""
    return f"{_SHARED}:strategy:{account}:{name}"


def cached(key: str) -> str:
    """String: a text that may vanish at any time."""
    return f"{_SHARED}:cache:{key}"


def answer(kind: str, name: str) -> str:
    """Hash: an exchange's answer, what its age is told by, how far it is certain; expires."""
    return f"{_SHARED}:answer:{kind}:{name}"


def answer_generation(kind: str, name: str) -> str:
    """String: changes whenever older answers must not be believed any more; expires."""
    return f"{answer(kind, name)}:generation"


def answer_turn(kind: str, name: str, asker: str) -> str:
    """String: who asks now, for all others of its lane; expires."""
    return f"{answer(kind, name)}:turn:{asker}"


def beats() -> str:
    """Hash: name -> time of its newest sign of life."""
    return f"{_SHARED}:beats"


def beat_ends() -> str:
    """Sorted set of names by the time at which their sign of life ends."""
    return f"{_SHARED}:beats:ends"


def identities() -> str:
    """Hash: account name -> identity."""
    return f"{_SHARED}:identities"


def names() -> str:
    """Hash: slug of an identity -> account name."""
    return f"{_SHARED}:names"


def budget_window(venue: str, owner: str, window: str) -> str:
    """Hash: index of the window, how much of it is used, by which lane and account."""
    return f"{_ROOT}:{{budget:{venue}}}:window:{owner}:{window}"


def budget_clock(venue: str) -> str:
    """String: the exchange's time minus ours, as somebody measured it last; expires."""
    return f"{_ROOT}:{{budget:{venue}}}:clock"


def budget_penalty(venue: str, owner: str) -> str:
    """String: nobody asks from this address, or orders for this account, before that time."""
    return f"{_ROOT}:{{budget:{venue}}}:penalty:{owner}"


def budget_askers(venue: str, egress: str) -> str:
    """Sorted set: which accounts asked for this address, by the time of their last request."""
    return f"{_ROOT}:{{budget:{venue}}}:askers:{egress}"


def budget_grant(venue: str, nonce: str) -> str:
    """Hash: what one grant took; expires when it cannot be refunded any more."""
    return f"{_ROOT}:{{budget:{venue}}}:grant:{nonce}"
