"""Wire the engine: the only file that picks real stores, gateways and dispatchers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from engine.archive.reader import ArchiveReader
from engine.archive.run import Archivist
from engine.config import AccountSettings, Mode, Settings
from engine.dispatcher import build_dispatcher
from engine.domain.lanes import Lane
from engine.exchange.factory import account_abilities, build_gateway, build_user_stream
from engine.exchange.gateway import CcxtGateway
from engine.exchange.paper_limits import with_own_limits
from engine.execution.bans import note_key_refused, tell_ban
from engine.execution.context import AccountContext
from engine.execution.looks.pace import polling_weight
from engine.ports import Abilities, Clock, Dispatcher, Random, UserStream
from engine.risk.own_checks import load_own_checks
from engine.store.budget import RedisBudget
from engine.store.budget_plan import RESERVES
from engine.store.store import RedisStore
from engine.system import SystemClock, SystemRandom


class Engine:
    """Everything of one process. Nothing connects before it is needed."""

    def __init__(
        self,
        settings: Settings,
        store: RedisStore,
        dispatcher: Dispatcher,
        *,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        self.settings = settings
        self.store = store
        self.dispatcher = dispatcher
        self.clock = clock or SystemClock()
        self.random = random or SystemRandom()
        self._accounts: dict[str, AccountContext] = {}

    def account(self, name: str | None = None) -> AccountContext:
        """Return the account's context; its identity is asked for once and kept in the store."""
        account = self.settings.account(name)
        known = self._accounts.get(account.name)
        if known is None:
            known = self._accounts[account.name] = self.build_account(account.name)
        return known

    def build_account(self, name: str) -> AccountContext:
        """Return a context of its own, which `adopt` may make the account's; else close it."""
        return self._build_account(self.settings.account(name))

    def adopt(self, context: AccountContext) -> None:
        """Use this context from now on, if there is none of its account yet."""
        if self._accounts.setdefault(context.name, context) is not context:
            context.gateway.close()

    def budget(self, name: str | None = None) -> RedisBudget:
        """Return the account's request allowance; nothing is asked of its exchange.

        Without a measure of the exchange's clock: good for looking, not for taking.
        """
        account = self.settings.account(name)
        abilities = account_abilities(account, self.settings.endpoint(account))
        return self._build_budget(account, abilities)

    def user_stream(self, name: str | None = None) -> UserStream:
        """Return a fresh stream of the account, not connected yet; the caller closes it.

        It has a gateway of its own, because it works beside the account's in other threads.
        """
        account = self.settings.account(name)
        identity = self.account(account.name).identity
        gateway = self._build_gateway(account)
        gateway.expect_identity(identity)
        return build_user_stream(
            account,
            self.settings.execution,
            self.settings.stream,
            endpoint=self.settings.endpoint(account),
            source_address=self.settings.source_address(account),
            gateway=gateway,
            clock=self.clock,
        )

    def archivist(self) -> Archivist:
        """Return what moves closed orders into files; on the machine that keeps them."""
        return Archivist(
            folder=self.settings.archive_folder,
            settings=self.settings.archive,
            shared=self.store,
            clock=self.clock,
            random=self.random,
        )

    def close(self) -> None:
        for context in self._accounts.values():
            context.gateway.close()
        self._accounts.clear()
        self.store.close()

    def _build_account(self, account: AccountSettings) -> AccountContext:
        gateway = self._build_gateway(account)
        identity = self.store.find_identity(account.name)
        if identity is None:
            identity = gateway.load_identity()
            self.store.save_identity(account.name, identity)
        gateway.expect_identity(identity)
        store = self.store.account(identity)
        return AccountContext(
            name=account.name,
            identity=identity,
            tag=self.settings.installation,
            is_enabled=account.enabled,
            is_paper=account.mode is Mode.PAPER,
            forgets=account.mode in {Mode.PAPER, Mode.TESTNET},
            watchlist=self.settings.watchlist,
            shared=self.store,
            store=store,
            history=ArchiveReader(self.settings.archive_folder, identity, store.find_archive),
            gateway=gateway,
            dispatcher=self.dispatcher,
            clock=self.clock,
            random=self.random,
            timings=self.settings.execution,
            risk=account.risk_management,
            emergency=self.settings.emergency,
            protection=self.settings.protection,
            uncounted_assets=account.uncounted_assets,
            own_checks=load_own_checks(account.risk_management.checks, self.settings.config_folder),
            polling_weight=self._polling_weight(account, gateway.abilities),
        )

    def _polling_weight(self, account: AccountSettings, abilities: Abilities) -> int:
        """Return what one account's looks may weigh in a minute, behind an address it may share."""
        limits = with_own_limits(abilities, account, self.settings.paper).windows
        owner = (account.egress, account.exchange, account.mode)
        accounts = self.settings.accounts.values()
        sharing = sum((one.egress, one.exchange, one.mode) == owner for one in accounts)
        return polling_weight(limits, 1 - RESERVES[Lane.POLL], sharing)

    def _build_gateway(self, account: AccountSettings) -> CcxtGateway:
        return build_gateway(
            account,
            self.settings.execution,
            endpoint=self.settings.endpoint(account),
            source_address=self.settings.source_address(account),
            budget_for=partial(self._build_budget, account),
            answers=self.store.answers(
                self.clock,
                instruments_max_age_ms=self.settings.execution.instruments_max_age_ms,
                price_max_age_ms=self.settings.execution.price_max_age_ms,
                balance_max_age_ms=self.settings.execution.balance_max_age_ms,
            ),
            clock=self.clock,
            random=self.random,
            on_ban=partial(self._tell_ban, account.name),
            on_key_refused=partial(self._note_key_refused, account.name),
        )

    def _tell_ban(self, account: str, status: int, quiet_ms: int) -> None:
        identity = self.store.find_identity(account)
        if identity is not None:  # Else nobody knows yet whose it is
            tell_ban(self.store, identity, status, quiet_ms, self.clock.now_ms())

    def _note_key_refused(self, account: str, words: str) -> None:
        identity = self.store.find_identity(account)
        if identity is not None:
            note_key_refused(self.store, identity, words)

    def _build_budget(
        self,
        account: AccountSettings,
        abilities: Abilities,
        exchange_now_ms: Callable[[], int] | None = None,
    ) -> RedisBudget:
        return self.store.budget(
            with_own_limits(abilities, account, self.settings.paper),
            egress=account.egress,
            account=account.name,
            clock=self.clock,
            exchange_now_ms=exchange_now_ms,
        )


def build_engine(settings: Settings) -> Engine:
    """Return an engine for these settings."""
    store = RedisStore(settings.state_address())
    return Engine(settings, store, build_dispatcher(settings))
