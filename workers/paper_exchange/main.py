"""Start the paper exchange from a command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence

from .options import OptionError, parse_options
from .server import serve
from .sqlite_file import StorageError


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; return 0, or 2 with one sentence on stderr for a wrong argument."""
    try:
        options = parse_options(sys.argv[1:] if argv is None else argv)
    except OptionError as error:
        return _refuse(str(error))
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(serve(options))
    except StorageError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"cannot listen on {options.host}:{options.port}: {error.strerror or error}")
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where there is one: it doubles what one core can answer."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _refuse(sentence: str) -> int:
    print(f"paper-exchange: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
