"""`augustan up`: decide what runs here, run it, and let others find it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence

from pydantic import SecretStr

from engine.config import Settings, load_settings
from engine.config.load import RUNNING_FILE
from engine.config.telling import to_environ
from engine.errors import ConfigurationError
from engine.risk.own_checks import require_own_checks
from engine.store.embedded import EmbeddedServer, stop_leftover
from engine.store.private_file import write_private
from engine.store.server import find_program
from engine.strategy_check import find_strategy_problem
from workers.supervisor import plan
from workers.supervisor.child import ChildSpec
from workers.supervisor.choices import serve_only
from workers.supervisor.console import Console
from workers.supervisor.kept import FLOWER_PASSWORD_FILE, Kept, flower_password, is_free
from workers.supervisor.lock import FolderLock
from workers.supervisor.plan import Role
from workers.supervisor.supervisor import Supervisor

#: Remembered when a paper ledger and a store began together.
TOGETHER = "paper_with_store"

Addresses = dict[str, str | int | None]


class Up:
    """One run of `augustan up`."""

    def __init__(
        self,
        roles: frozenset[Role],
        console: Console,
        on_ready: Callable[[Addresses], None],
        *,
        egresses: Sequence[str] = (),
    ) -> None:
        """`egresses`: the outgoing addresses to serve; none: as configured."""
        self._roles = roles
        self._console = console
        self._on_ready = on_ready
        # What an earlier `up` left in its address file must not pass for configuration
        self._settings = serve_only(load_settings(find_running=False), egresses)
        require_own_checks(self._settings)
        self._tell_of_strategies()
        self._data_dir = self._settings.data_dir
        self._kept = Kept(self._data_dir)
        self._paper_port: int | None = None
        self._servers: tuple[EmbeddedServer, ...] = ()

    def run(self) -> None:
        """Run until a signal. Raises ConfigurationError when something cannot start."""
        lock = FolderLock(self._data_dir, self._console.say)
        lock.acquire()
        running = self._data_dir / RUNNING_FILE
        try:
            running.unlink(missing_ok=True)
            stages = self._stages()
            supervisor = Supervisor(self._console, lock.descriptor)
            asyncio.run(supervisor.run(stages, lambda index: self._told(index, len(stages))))
        finally:
            running.unlink(missing_ok=True)
            lock.release()

    def _tell_of_strategies(self) -> None:
        """Say which will not run; their positions need the others to start all the same.

        Only where workers run them: the modules of a user need not lie on other machines.
        """
        if Role.WORKER not in self._roles:
            return
        for name in (name for name, own in self._settings.strategies.items() if own.enabled):
            found = find_strategy_problem(self._settings, name)
            if found:
                self._console.say(f"strategy {name} will not run: {found}")

    # ---- what runs ---------------------------------------------------------------------------

    def _stages(self) -> list[list[ChildSpec]]:
        with_paper = Role.PAPER in self._roles and plan.needs_paper(self._settings)
        if Role.STORE in self._roles:
            self._servers = self._own_servers()
        self._check_together(with_paper)
        if with_paper:
            self._paper_port = self._settings.paper.port or self._kept.port("paper")
        self._settings = _with_addresses(self._settings, self._servers, self._paper_port)
        self._settings.state_address()
        self._check_ports()
        environ = to_environ(self._settings)
        os.environ.update(environ)  # The probes speak to Celery through the same settings
        program = find_program() if self._servers else None
        stores = [plan.server_child(server, program) for server in self._servers if program]
        paper = [plan.paper_child(environ, self._paper_port)] if self._paper_port else []
        workers = plan.worker_children(self._roles, environ)
        ticks = plan.tick_children(self._roles, environ, self._settings)
        ticks += plan.stream_children(self._roles, environ, self._settings)
        return [stores, paper, workers, ticks]

    def _own_servers(self) -> tuple[EmbeddedServer, ...]:
        ports = {name: self._kept.port(name) for name in ("state", "messages")}
        password = self._kept.password("store_password")
        return plan.embedded_servers(self._settings, ports, password)

    def _check_together(self, with_paper: bool) -> None:
        state = next((server for server in self._servers if server.name == "state"), None)
        if not with_paper or state is None:
            return
        folder = self._data_dir / "paper"
        has_ledger = folder.is_dir() and any(folder.iterdir())
        began_together = bool(self._kept.get(TOGETHER))
        missing, there = (state.folder, folder) if has_ledger else (folder, state.folder)
        if state.has_data != has_ledger and (has_ledger or began_together):
            raise ConfigurationError(
                f"The paper exchange's ledger and the store belong together, but {missing} is"
                f" gone while {there} is there: bring it back, or remove both to begin anew."
            )

    def _check_ports(self) -> None:
        for server in self._servers:
            stop_leftover(server)
            _check_free("127.0.0.1", server.port, f"the {server.name} server")
        if self._paper_port:
            _check_free("127.0.0.1", self._paper_port, "the paper exchange (paper.port)")
        if Role.FLOWER in self._roles:
            flower = self._settings.flower
            _check_free(flower.host, flower.port, "Flower (flower.port)")

    # ---- what is told ------------------------------------------------------------------------

    def _told(self, index: int, stages: int) -> None:
        if index == plan.EXCHANGE_STAGE:
            if self._paper_port and self._servers:
                self._kept.put(TOGETHER, True)
            write_private(self._data_dir / RUNNING_FILE, json.dumps(self._addresses(), indent=2))
        if index == stages - 1:
            self._say_ready()

    def _addresses(self) -> Addresses:
        store, flower = self._settings.store, self._settings.flower
        addresses: Addresses = {
            "pid": os.getpid(),
            "store_url": store.state.url if store.state else None,
            "broker_url": store.broker.url if store.broker else None,
            "result_url": store.results.url if store.results else None,
            "paper_url": self._settings.paper.url,
        }
        if Role.FLOWER in self._roles:
            addresses["flower_url"] = f"http://{flower.host}:{flower.port}"
            addresses["flower_user"] = flower.user
        return addresses

    def _say_ready(self) -> None:
        store = self._settings.state_address().public_url
        words = ["ready", f"store {store}"]
        if self._settings.paper.url:
            words.append(f"paper exchange {self._settings.paper.url}")
        if Role.FLOWER in self._roles:
            flower = self._settings.flower
            words.append(f"Flower http://{flower.host}:{flower.port} (user {flower.user})")
            self._console.say(f"Flower's password: {self._flower_password()}")
        self._console.say("  ".join(words))
        public = {**self._addresses(), "store_url": store}
        self._on_ready({k: v for k, v in public.items() if k not in ("broker_url", "result_url")})

    def _flower_password(self) -> str:
        own = self._settings.flower.password
        if own is not None:
            return "as configured (flower.password)"
        path = self._data_dir / FLOWER_PASSWORD_FILE
        is_new = not self._kept.get("flower_password_shown")
        self._kept.put("flower_password_shown", True)
        return flower_password(self._data_dir) if is_new else f"in {path}"


def _with_addresses(
    settings: Settings, servers: Sequence[EmbeddedServer], paper_port: int | None
) -> Settings:
    by_name = {server.name: server for server in servers}
    urls = {}
    if "state" in by_name:
        urls["url"] = by_name["state"].address().url
    if "messages" in by_name:
        urls["broker_url"] = by_name["messages"].address(0).url
        urls["result_url"] = by_name["messages"].address(1).url
    secrets = {name: SecretStr(url) for name, url in urls.items()}
    update: dict[str, object] = {"store": settings.store.model_copy(update=secrets)}
    if paper_port:
        paper_url = f"http://127.0.0.1:{paper_port}"
        update["paper"] = settings.paper.model_copy(update={"url": paper_url})
    return settings.model_copy(update=update)


def _check_free(host: str, port: int, who: str) -> None:
    if not is_free(host, port):
        raise ConfigurationError(
            f"Port {port} of {host}, which {who} uses, is taken by another program:"
            " stop that program or choose another port."
        )
