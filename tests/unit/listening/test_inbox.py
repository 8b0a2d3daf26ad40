"""Messages that wait: their order, their age, and an end that loses none of them."""

from __future__ import annotations

import asyncio

import pytest

from engine.domain.stream import BalanceNews, StreamMessage
from engine.errors import EngineError, ExchangeRefused, StreamLost
from tests.integration.budget.manual_clock import ManualClock
from workers.listening.inbox import Inbox


class Script:
    """A stream that brings three messages and then ends as it was told."""

    heard_at_ms = 0

    def __init__(self, end: Exception) -> None:
        self._messages = [BalanceNews(assets=(), updated_at_ms=number) for number in range(3)]
        self._end = end

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def receive(self) -> StreamMessage:
        if self._messages:
            return self._messages.pop(0)
        raise self._end


@pytest.mark.parametrize("end", [StreamLost(), ExchangeRefused("no"), ValueError("a defect")])
def test_everything_is_handed_out_before_the_end(end: Exception) -> None:
    """Whatever ends the reading, and though nobody read meanwhile."""

    async def read_all() -> list[int]:
        inbox, got = Inbox(ManualClock(0)), []
        await asyncio.gather(inbox.read(Script(end)), return_exceptions=True)
        assert inbox.has_ended
        for _ in range(3):
            message = await inbox.next(1_000)
            assert isinstance(message, BalanceNews)
            got.append(message.updated_at_ms)
        with pytest.raises(EngineError):
            await inbox.next(1_000)
        return got

    assert asyncio.run(read_all()) == [0, 1, 2]


def test_age_is_that_of_the_oldest_message_the_one_in_hand_included() -> None:
    """What is being applied has not been applied yet."""

    async def follow() -> list[int]:
        clock = ManualClock(0)
        inbox = Inbox(clock)
        ages = [inbox.age_ms]
        reading = asyncio.create_task(inbox.read(Script(StreamLost())))
        await asyncio.wait({reading})
        clock.wait(10)
        ages.append(inbox.age_ms)
        await inbox.next(0)
        clock.wait(10)
        ages.append(inbox.age_ms)
        inbox.done()
        await inbox.next(0)
        inbox.done()
        await inbox.next(0)
        inbox.done()
        ages.append(inbox.age_ms)
        return ages

    assert asyncio.run(follow()) == [0, 10, 20, 0]


def test_silence_is_no_message() -> None:
    """After the time that was asked for."""

    async def wait() -> StreamMessage | None:
        return await Inbox(ManualClock(0)).next(1)

    assert asyncio.run(wait()) is None
