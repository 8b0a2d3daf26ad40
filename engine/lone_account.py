"""Wire an account that works without a store: its exchange, and nothing else."""

from __future__ import annotations

from engine.config import Settings
from engine.domain.lanes import Lane
from engine.exchange.alone import LoneBudget, lone_answers
from engine.exchange.factory import build_gateway
from engine.exchange.paper_limits import with_own_limits
from engine.execution.stopping.lone_account import LoneAccount
from engine.system import SystemClock, SystemRandom


def build_lone_account(settings: Settings, name: str) -> LoneAccount:
    """Return an account that works without a store; its key is looked at, the caller closes it."""
    account, clock, random = settings.account(name), SystemClock(), SystemRandom()
    endpoint = settings.endpoint(account)
    gateway = build_gateway(
        account,
        settings.execution,
        endpoint=endpoint,
        source_address=settings.source_address(account),
        budget_for=lambda abilities, _: LoneBudget(
            with_own_limits(abilities, account, settings.paper).windows, clock
        ),
        answers=lone_answers(clock),
        clock=clock,
        random=random,
    )
    identity = gateway.load_identity(Lane.EMERGENCY)
    gateway.expect_identity(identity)
    return LoneAccount(
        name=name,
        identity=identity,
        tag=settings.installation,
        gateway=gateway,
        clock=clock,
        random=random,
        timings=settings.execution,
        watchlist=settings.watchlist,
    )
