"""The control API over HTTP: POST /control/<command> with a JSON object."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from workers.paper_exchange.errors import ApiError

from .actions import TABLE, Actions, ControlError, refusal

Commit = Callable[[], None]

PREFIX = "/control/"


class ControlHttp:
    """Answers control requests; 400 with one sentence for a bad one."""

    def __init__(self, actions: Actions, commit: Commit) -> None:
        self._actions = actions
        self._commit = commit

    async def answer(self, request: web.BaseRequest) -> web.Response:
        name = request.path.removeprefix(PREFIX)
        row = TABLE.get(name)
        if row is None:
            known = ", ".join(sorted(TABLE))
            return _refused(404, f"command {name!r} is not known; there are: {known}")
        model, action = row
        try:
            command: BaseModel = model.model_validate_json(await request.read() or b"{}")
            result = action(self._actions, command)
        except ValidationError as error:
            return _refused(400, _sentence(error))
        except (ApiError, ControlError) as error:
            return _refused(400, refusal(error))
        self._commit()
        return web.Response(body=orjson.dumps(result), content_type="application/json")


def _sentence(error: ValidationError) -> str:
    """Return the first thing that is wrong: field, value, and what is allowed."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the command"
    return f"{field}: {first['msg']} (got {first['input']!r})"


def _refused(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
