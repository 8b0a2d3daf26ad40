"""The control API over HTTP: POST /control/<command> with a JSON object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from workers.paper_exchange.errors import ApiError

from .actions import TABLE, Actions, refusal
from .control_error import ControlError
from .futures_actions import TABLE as FUTURES_TABLE
from .futures_actions import FuturesActions

PREFIX = "/control/"

#: Commands about the whole exchange, whatever market type they are sent with.
_SHARED = (
    "advance",
    "reset",
    "open_account",
    "set_clock",
    "add_fault",
    "add_stream_fault",
    "disconnect_streams",
    "end_streams",
    "clear_faults",
    "faults",
    "stats",
    "clear_stats",
)
#: command -> its JSON, what it does, and whose method that is
Commands = dict[str, tuple[type[Any], Callable[[Any, Any], object], type[object]]]
SPOT_COMMANDS: Commands = {name: (*row, Actions) for name, row in TABLE.items()}
FUTURES_COMMANDS: Commands = {
    **{name: (*TABLE[name], Actions) for name in _SHARED},
    **{name: (*row, FuturesActions) for name, row in FUTURES_TABLE.items()},
}


class ControlHttp:
    """Answers control requests; 400 with one sentence for a bad one."""

    def __init__(self, actions: Actions, futures: FuturesActions) -> None:
        self._actions = actions
        self._futures = futures

    async def answer(self, request: web.BaseRequest) -> web.Response:
        name = request.path.removeprefix(PREFIX)
        try:
            given = orjson.loads(await request.read() or b"{}")
        except orjson.JSONDecodeError as error:
            return _refused(400, f"the command: {error} (not JSON)")
        is_futures = isinstance(given, dict) and given.pop("market_type", "spot") == "futures"
        table = FUTURES_COMMANDS if is_futures else SPOT_COMMANDS
        row = table.get(name)
        if row is None:
            known = ", ".join(sorted(table))
            return _refused(404, f"command {name!r} is not known; there are: {known}")
        model, action, owner = row
        try:
            # As JSON, so that texts may stand for numbers
            command: BaseModel = model.model_validate_json(orjson.dumps(given))
            result = action(self._futures if owner is FuturesActions else self._actions, command)
        except ValidationError as error:
            return _refused(400, _sentence(error))
        except (ApiError, ControlError) as error:
            return _refused(400, refusal(error))
        self._actions.commit()
        return web.Response(body=orjson.dumps(result), content_type="application/json")


def _sentence(error: ValidationError) -> str:
    """Return the first thing that is wrong: field, value, and what is allowed."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the command"
    return f"{field}: {first['msg']} (got {first['input']!r})"


def _refused(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
