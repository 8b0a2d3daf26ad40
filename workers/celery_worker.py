"""What a Celery process does besides its tasks: log plainly, build the engine after the fork.

Celery imports this module through `imports`; there is nothing to call.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import Any

from celery import signals
from celery.platforms import SecurityWarning

from engine import process_engine
from engine.config import load_settings
from engine.errors import ConfigurationError, EngineError
from engine.exchange.preloading import preload_exchanges
from tasks.admission import build_bulkhead
from tasks.app import app
from tasks.queues import served_queues
from workers.logs import configure_logging, secrets_of
from workers.warm_start import warm_up

# It warns root of pickle's dangers; we accept JSON alone, and containers do run as root
warnings.filterwarnings("ignore", category=SecurityWarning)

log = logging.getLogger(__name__)

#: Told to whoever started us: the configuration must change, a restart alone is no use.
EXIT_CONFIGURATION = 2


@signals.setup_logging.connect
def log_plainly(loglevel: int | str | None = None, **_: Any) -> None:
    """Replace Celery's logging in workers and beats."""
    configure_logging(loglevel, secrets_of(load_settings()))


@signals.celeryd_init.connect
@signals.beat_init.connect
def refuse_without_a_store(**_: Any) -> None:
    """End at once, with one sentence, when the configuration cannot work."""
    try:
        load_settings().state_address()
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_CONFIGURATION)


@signals.celeryd_after_setup.connect
def serve_addresses(instance: Any, **_: Any) -> None:
    """Consume the chosen lanes (-Q; else all) of every egress address that is served here."""
    settings, queues = load_settings(), instance.app.amqp.queues
    served = served_queues(queues.consume_from, settings.served_egress or settings.egress_names())
    if not served:
        print("error: no queue of -Q belongs to an address of served_egress.", file=sys.stderr)
        sys.exit(EXIT_CONFIGURATION)
    queues.select(served)


@signals.celeryd_after_setup.connect
def keep_room(instance: Any, **_: Any) -> None:
    """Keep processes free for every account, whatever one of them does."""
    build_bulkhead(accounts=len(load_settings().accounts), processes=instance.concurrency)


@signals.worker_init.connect
def import_exchanges(**_: Any) -> None:
    """Import ccxt's part before the fork: the children start sooner and share its memory."""
    preload_exchanges(load_settings())


@signals.worker_process_init.connect
def build_engine(**_: Any) -> None:
    """Build and warm the engine in a fresh child: connections are not shared across a fork."""
    try:
        warm_up(process_engine.get_engine())
    except EngineError as error:
        # The first task builds it again and then says what is wrong where it can be seen
        log.warning("the engine is not ready yet: %s", error)


@signals.worker_process_shutdown.connect
@signals.worker_shutdown.connect
def close_engine(**_: Any) -> None:
    """Close what this process opened: a pool's child, or the worker itself without a pool."""
    process_engine.close_engine()


@signals.worker_ready.connect
def ask_for_a_reconcile(**_: Any) -> None:
    """Begin with a look at the exchange, rather than at the next tick of a beat."""
    app.send_task("monitoring.reconcile_accounts", expires=30)
