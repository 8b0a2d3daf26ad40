"""What a worker imports: one exchange, and nothing that only dashboards, plots or streams need."""

from __future__ import annotations

import json
import subprocess
import sys

#: A worker before its fork: every task, and the exchanges of the (default) accounts.
WORKER = """
import json, sys
from tasks.app import app
app.loader.import_default_modules()
from engine.exchange.preloading import preload_exchanges
from engine.config import load_settings
settings = load_settings(environ={})
preload_exchanges(settings)
print(json.dumps(sorted(sys.modules)))
"""

COMMAND = "import json, sys; import workers.cli.main; print(json.dumps(sorted(sys.modules)))"

#: Each costs tens of megabytes or tenths of a second in every process.
HEAVY = {"aiohttp", "fastapi", "flower", "matplotlib", "numpy", "pandas", "rich", "tornado"}
#: ccxt's own parts that are no exchange.
PARTS_OF_CCXT = {"ccxt.base", "ccxt.abstract", "ccxt.static_dependencies"}


def imported(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_a_worker_imports_one_exchange() -> None:
    """Not a hundred, and no package that its tasks never use."""
    modules = imported(WORKER)
    of_ccxt = {name for name in modules if name.startswith("ccxt.") and name.count(".") == 1}
    assert of_ccxt - PARTS_OF_CCXT == {"ccxt.binance"}
    assert modules & HEAVY == set()


def test_an_exchange_that_we_do_not_speak_is_left_out() -> None:
    """Its account fails by itself, with a sentence; the worker and the listener run for others."""
    modules = imported(
        "import json, sys;"
        "from engine.exchange.preloading import preload_exchanges, preload_streams;"
        "from engine.config import load_settings;"
        "settings = load_settings(environ={'AUGUSTAN__ACCOUNTS__X__EXCHANGE': 'nowhere'});"
        "assert 'nowhere' in {each.exchange for each in settings.accounts.values()};"
        "preload_exchanges(settings); preload_streams(settings);"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert "ccxt.nowhere" not in modules


def test_the_command_imports_neither_engine_nor_exchange() -> None:
    """Each verb brings its own; `--help` and a typing error need none."""
    modules = imported(COMMAND)
    assert modules & (HEAVY | {"ccxt", "celery", "redis", "pydantic", "requests"}) == set()
