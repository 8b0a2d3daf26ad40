"""The control API over HTTP: POST /control/<command> with a JSON object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from workers.paper_exchange.errors import ApiError

from .control_error import ControlError
from .exchange_actions import TABLE as SHARED_TABLE
from .exchange_actions import ExchangeActions, refusal
from .futures_actions import TABLE as FUTURES_TABLE
from .futures_actions import FuturesActions
from .spot_actions import TABLE as SPOT_TABLE
from .spot_actions import SpotActions

PREFIX = "/control/"

#: command -> its JSON, what it does, and whose method that is
Commands = dict[str, tuple[type[Any], Callable[[Any, Any], object], type[object]]]
_SHARED: Commands = {name: (*row, ExchangeActions) for name, row in SHARED_TABLE.items()}
SPOT_COMMANDS: Commands = {
    **_SHARED,
    **{name: (*row, SpotActions) for name, row in SPOT_TABLE.items()},
}
FUTURES_COMMANDS: Commands = {
    **_SHARED,
    **{name: (*row, FuturesActions) for name, row in FUTURES_TABLE.items()},
}


class ControlHttp:
    """Answers control requests; 400 with one sentence for a bad one."""

    def __init__(
        self, exchange: ExchangeActions, spot: SpotActions, futures: FuturesActions
    ) -> None:
        self._exchange = exchange
        self._actions: dict[type[object], object] = {
            type(actions): actions for actions in (exchange, spot, futures)
        }

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
            result = action(self._actions[owner], command)
        except ValidationError as error:
            return _refused(400, _sentence(error))
        except (ApiError, ControlError) as error:
            return _refused(400, refusal(error))
        self._exchange.commit()
        return web.Response(body=orjson.dumps(result), content_type="application/json")


def _sentence(error: ValidationError) -> str:
    """Return the first thing that is wrong: field, value, and what is allowed."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the command"
    return f"{field}: {first['msg']} (got {first['input']!r})"


def _refused(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
