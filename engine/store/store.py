"""Everything that is shared between accounts and processes, in Redis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from engine.config.addresses import StoreAddress, parse_address
from engine.domain.identity import AccountIdentity
from engine.domain.signal import SignalRecord, SignalStatus
from engine.errors import EngineError, IdentityConflict, Retryable, StoreUnclear
from engine.ports import Abilities, Clock, ExchangeAnswers
from engine.store import keys
from engine.store.account import RedisAccountStore
from engine.store.answers import build_answers
from engine.store.budget import RedisBudget
from engine.store.budget_plan import BudgetScope
from engine.store.client import RedisClient, Word
from engine.store.codec import IDENTITY, SIGNAL
from engine.store.durability import read_info
from engine.store.part import NowMs, fresh_write_id
from engine.store.scripts import load_all, run_read, run_write
from engine.store.strategy_records import RedisStrategyRecords

#: A signal's record outlives its last use by so long; the same as a request key's horizon.
SIGNAL_HORIZON_MS = 7 * 86_400_000


class RedisStore(RedisStrategyRecords):
    """Implements the port Store on one Redis database.

    Leases, beats and due work follow `now_ms` where a simulation gives one. What merely expires
    (request keys, caches, signals) follows the server's own clock.
    """

    def __init__(self, address: StoreAddress, *, now_ms: NowMs | None = None) -> None:
        self.client = RedisClient(address)
        self._now_ms = now_ms

    @classmethod
    def from_url(cls, url: str, *, now_ms: NowMs | None = None) -> RedisStore:
        """Return the store at redis://, rediss://, sentinel:// or unix://; connects later."""
        return cls(parse_address(url), now_ms=now_ms)

    def ping(self) -> None:
        """Raise StoreUnavailable when the server does not answer."""
        self.client.read("PING")

    def prepare(self) -> None:
        """Connect, and have the server know every script, so that the first use need not."""
        load_all(self.client)

    def account(self, identity: AccountIdentity) -> RedisAccountStore:
        return RedisAccountStore(self.client, identity, self._now_ms)

    def budget(
        self,
        abilities: Abilities,
        *,
        egress: str,
        account: str,
        clock: Clock,
        exchange_now_ms: Callable[[], int] | None = None,
    ) -> RedisBudget:
        """Return the allowance of one account behind one address, for one process."""
        scope = BudgetScope(venue=abilities.venue, egress=egress, account=account)
        return RedisBudget(
            self.client,
            abilities.windows,
            scope,
            clock,
            exchange_now_ms=exchange_now_ms,
            now_ms=self._now_ms,
        )

    def answers(
        self,
        clock: Clock,
        *,
        instruments_max_age_ms: int,
        price_max_age_ms: int,
        balance_max_age_ms: int,
    ) -> ExchangeAnswers:
        """Return what all processes share of what exchanges say; each kind lives that long."""
        return build_answers(
            self.client,
            clock,
            instruments_max_age_ms=instruments_max_age_ms,
            price_max_age_ms=price_max_age_ms,
            balance_max_age_ms=balance_max_age_ms,
        )

    # ---- identity ----------------------------------------------------------------------------

    def find_identity(self, account: str) -> AccountIdentity | None:
        body = self.client.read("HGET", keys.identities(), account)
        return None if body is None else IDENTITY.decode(body)

    def save_identity(self, account: str, identity: AccountIdentity) -> None:
        """Bind a name to an identity; IdentityConflict when either stands elsewhere."""
        names = (keys.identities(), keys.names())
        args = (account, identity.slug, IDENTITY.encode(identity))
        standing, name = run_write(self.client, "bind_identity", names, args)
        if standing:
            raise IdentityConflict(
                f"The account name {account} stands for {IDENTITY.decode(standing).slug},"
                f" not for {identity.slug}."
            )
        if name:
            raise IdentityConflict(f"{identity.slug} is already known as account {name}.")

    # ---- leases and signs of life ------------------------------------------------------------

    def acquire_lease(self, name: str, owner: str, ttl_ms: int) -> bool:
        """Take or renew a lease for `ttl_ms`; False while somebody else has it."""
        args = (self._now(), owner, ttl_ms)
        return bool(run_write(self.client, "acquire_lease", (keys.lease(name),), args))

    def release_lease(self, name: str, owner: str) -> None:
        run_write(self.client, "release_lease", (keys.lease(name),), (owner,))

    def beat(self, name: str, now_ms: int, ttl_ms: int) -> None:
        """Leave a sign of life that ends in `ttl_ms` by the server's clock."""
        args = (self._now(), name, now_ms, ttl_ms)
        run_write(self.client, "beat", (keys.beats(), keys.beat_ends()), args)

    def list_beats(self) -> Mapping[str, int]:
        args = (self._now(),)
        flat = run_read(self.client, "list_beats", (keys.beats(), keys.beat_ends()), args)
        return {name: int(at_ms) for name, at_ms in zip(flat[::2], flat[1::2], strict=True)}

    # ---- signals and caches ------------------------------------------------------------------

    def save_signal(self, signal_id: str, record: SignalRecord, *, only_new: bool) -> bool:
        """Write a signal's record; False when `only_new` and the id was used before."""
        waits = record.status is SignalStatus.RECEIVED
        since = record.signal.created_at_ms if waits else ""
        write_id, body = fresh_write_id(), SIGNAL.encode(record)
        args = (signal_id, body, SIGNAL_HORIZON_MS, int(only_new), since, write_id, self._now())
        names = (
            keys.signal(signal_id),
            keys.waiting_signals(),
            keys.signal_writer(signal_id),
            keys.closed_signals(record.signal.account),
        )
        try:
            return bool(run_write(self.client, "save_signal", names, args))
        except StoreUnclear as error:
            writer = self.client.read("GET", names[2])
            if writer is None:
                raise Retryable("Redis did not save the signal; send it again.") from error
            return bool(writer == write_id)

    def list_waiting_signals(self, before_ms: int, limit: int) -> tuple[str, ...]:
        """Return signals that came in before `before_ms` and were not acted on, oldest first."""
        return tuple(
            self.client.read(
                *("ZRANGEBYSCORE", keys.waiting_signals(), 0, before_ms, "LIMIT", 0, limit)
            )
        )

    def forget_signal(self, signal_id: str) -> None:
        """Wait no longer for a signal whose record is gone."""
        self.client.write("ZREM", keys.waiting_signals(), signal_id)

    def list_closed_signals(self, account: str, limit: int) -> tuple[str, ...]:
        """Return signals of the account that are over and not archived yet, oldest first."""
        closed = keys.closed_signals(account)
        return tuple(self.client.read("ZRANGE", closed, 0, limit - 1))

    def drop_closed_signals(self, account: str, signal_ids: Sequence[str]) -> None:
        """List these no longer: the archive has them. Their records expire by themselves."""
        if signal_ids:
            self.client.write("ZREM", keys.closed_signals(account), *signal_ids)

    def find_signal(self, signal_id: str) -> SignalRecord | None:
        body = self.client.read("GET", keys.signal(signal_id))
        return None if body is None else SIGNAL.decode(body)

    def put_cache(self, key: str, text: str, ttl_ms: int) -> None:
        self.client.write("SET", keys.cached(key), text, "PX", ttl_ms)

    def find_cache(self, key: str) -> str | None:
        text: str | None = self.client.read("GET", keys.cached(key))
        return text

    # ---- the server --------------------------------------------------------------------------

    def describe_server(self) -> Mapping[str, str]:
        """Return what a doctor looks at, by the names that Redis itself uses."""
        described: dict[str, str] = {}
        for section, wanted in _DESCRIBED.items():
            facts = self.client.look(partial(read_info, section=section))
            described |= {name: facts[name] for name in wanted if name in facts}
        return described | self._read_policies()

    def _read_policies(self) -> dict[str, str]:
        """Return settings that only CONFIG tells; a managed server may hide them."""
        try:
            flat = self.client.read("CONFIG", "GET", "appendfsync")
        except EngineError:
            return {}
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def close(self) -> None:
        self.client.close()

    def _now(self) -> Word:
        return "" if self._now_ms is None else str(self._now_ms())


_DESCRIBED = {
    "server": ("redis_version", "run_id", "uptime_in_seconds", "server_time_usec"),
    "memory": ("used_memory", "maxmemory", "maxmemory_policy"),
    "persistence": ("aof_enabled", "aof_last_write_status", "loading"),
    "replication": ("role", "master_replid", "connected_slaves"),
}
