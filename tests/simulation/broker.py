"""Messages between processes: each may be lost, doubled, late, and overtaken by others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.domain.lanes import Lane
from engine.ports import OutboxEntry
from tests.simulation.scheduler import Scheduler

Message = tuple[str, tuple[Any, ...]]


class SimulatedBroker:
    """Implements the port Dispatcher, and hands messages to whoever is free."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.waiting: list[Message] = []
        self.on_message: Callable[[], None] = lambda: None
        self.travelling = 0

    # ---- the port ----------------------------------------------------------------------------

    def submit_order(self, account: str, client_order_id: str, lane: Lane = Lane.SUBMIT) -> None:
        self._send("submit", account, client_order_id)

    def submit_orders(
        self, account: str, client_order_ids: Sequence[str], lane: Lane = Lane.SUBMIT
    ) -> None:
        for name in client_order_ids:
            self._send("submit", account, name)

    def poll_order(self, account: str, client_order_id: str) -> None:
        self._send("poll", account, client_order_id, 0)

    def resolve_order(self, account: str, client_order_id: str) -> None:
        self._send("resolve", account, client_order_id)

    def cancel_order(self, account: str, client_order_id: str) -> None:
        self._send("cancel", account, client_order_id)

    def cancel_symbol(self, account: str, symbol: str) -> None:
        self._send("cancel symbol", account, symbol)

    def replace_order(self, account: str, client_order_id: str) -> None:
        self._send("replace", account, client_order_id)

    def follow_symbol(self, account: str, symbol: str) -> None:
        self._send("follow", account, symbol)

    def work_emergency(self, account: str) -> None:
        self._send("emergency", account)

    def process_signal(self, account: str, signal_id: str) -> None:
        raise AssertionError("no world has signals")

    def protect(self, account: str) -> None:
        self._send("protect", account)

    def reconcile(self, account: str) -> None:
        self._send("reconcile", account)

    def watch(self, account: str) -> None:
        self._send("watch", account)

    def update_position(self, account: str, symbol: str) -> None:
        self._send("position", account, symbol)

    def complete(self, account: str, entry: OutboxEntry) -> None:
        self._send("complete", account, entry)

    def queue_lengths(self) -> Mapping[str, int]:
        return {"all": len(self.waiting)}

    # ---- the way -----------------------------------------------------------------------------

    def _send(self, name: str, *arguments: Any) -> None:
        self._scheduler.pause(f"send {name}")
        dangers, dice = self._scheduler.dangers, self._scheduler.dice
        self._tell(name, arguments)
        if dice.random() >= dangers.message_lost:
            self.deliver(name, *arguments)
        if dice.random() < dangers.message_doubled:
            self.deliver(name, *arguments)

    def deliver(self, name: str, *arguments: Any, delay_ms: int | None = None) -> None:
        """Let a message be there soon, or after `delay_ms`."""
        if delay_ms is None:
            delay_ms = self._delay_ms()
        self.travelling += 1
        self._scheduler.after(delay_ms, lambda: self._arrive((name, arguments)))

    def _delay_ms(self) -> int:
        dangers, dice = self._scheduler.dangers, self._scheduler.dice
        is_late = dice.random() < dangers.message_late
        return dice.randrange(30_000) if is_late else dice.randrange(20)

    def _arrive(self, message: Message) -> None:
        self.travelling -= 1
        self.waiting.append(message)
        self.on_message()

    def take(self) -> Message | None:
        """Return any of the waiting messages."""
        if not self.waiting:
            return None
        return self.waiting.pop(self._scheduler.dice.randrange(len(self.waiting)))

    def _tell(self, name: str, arguments: tuple[Any, ...]) -> None:
        story = self._scheduler.story
        if story.is_kept and self._scheduler.current is not None:
            text = f"sends {name} {arguments}"
            story.tell(self._scheduler.now_ms, self._scheduler.current.name, text)
