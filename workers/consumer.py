"""What reads a worker's messages: it outlives a broker that dies while messages are held."""

from __future__ import annotations

import logging

from celery.worker.consumer import Consumer

log = logging.getLogger(__name__)


class LastingConsumer(Consumer):  # type: ignore[misc] # Celery has no types
    """Celery's own, but for the end of a connection with messages that are not acknowledged."""

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Let go of the connection; what it held is given out again by the visibility timeout.

        Celery 5.7 closes the connection twice. The first attempt ends at the dead socket and takes
        the address away; the second one wants to return the messages to that address and raises,
        which nobody expects there: the worker ended.
        """
        try:
            super().on_connection_error_after_connected(exc)
        except AttributeError as error:
            log.warning("messages that were held are left to the broker: %s", error)
