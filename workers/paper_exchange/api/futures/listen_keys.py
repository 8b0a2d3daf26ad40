"""Listen keys over REST: opened, extended and closed with the API key alone."""

from __future__ import annotations

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.futures.venue import Venue


def open_key(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.finish()
    return {"listenKey": venue.listen_keys.open(caller.uid)}


def extend_key(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer PUT: the account's own key, whatever key was named."""
    parameters.ignore("listenKey")
    parameters.finish()
    return {"listenKey": venue.listen_keys.extend(caller.uid)}


def close_key(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    parameters.ignore("listenKey")
    parameters.finish()
    venue.listen_keys.close(caller.uid)
    return {}
