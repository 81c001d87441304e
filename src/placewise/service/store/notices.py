"""Listens for what other servers on the same PostgreSQL change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tenacity import RetryError, Retrying, retry_if_exception_type, wait_random_exponential
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from placewise.service.store.database import Database
from placewise.service.store.dialects import CLUSTERS_CHANNEL, JOBS_CHANNEL

if TYPE_CHECKING:
    import psycopg

_GLANCE_S = 0.25
_LONGEST_WAIT_S = 10.0


class Listener:
    """Listens to the other servers on a PostgreSQL (and to this one) until it is closed, in a thread of its own.

    A SQLite has one server, so there is nothing to hear. What is called must not raise.
    on_notice : given a channel and an id as text: a cluster that changed, or a cluster whose jobs did.
    on_connected : called at the start, and whenever a connection that was lost is there again; nothing is missed from
    then on, and what happened before is to be looked up (`clusters.revisions`).
    on_lost : the connection is lost, and is tried again.
    """

    def __init__(
        self,
        database: Database,
        on_notice: Callable[[str, str], None],
        on_connected: Callable[[], None],
        on_lost: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._on_notice = on_notice
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="placewise-notices", daemon=True)
        if database.dialect == "postgresql":
            self._thread.start()

    def close(self) -> None:
        """Stop listening; nothing is called afterwards."""
        self._closed.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        import psycopg  # noqa: PLC0415, comes with the extra `postgres`

        retrying = Retrying(
            retry=retry_if_exception_type(psycopg.Error),
            wait=wait_random_exponential(multiplier=0.1, max=_LONGEST_WAIT_S),
            sleep=sleep_using_event(self._closed),
            stop=stop_when_event_set(self._closed),
        )
        while not self._closed.is_set():
            try:
                connection = retrying(self._connect)
            except RetryError:
                return
            try:
                with connection:
                    self._on_connected()
                    self._relay(connection)
            except psycopg.Error as error:
                self._on_lost(error)

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg  # noqa: PLC0415, comes with the extra `postgres`

        connection = psycopg.connect(**self._database.connect_options(), autocommit=True)
        try:
            for channel in (CLUSTERS_CHANNEL, JOBS_CHANNEL):
                connection.execute(f"LISTEN {channel}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _relay(self, connection: psycopg.Connection[Any]) -> None:
        while not self._closed.is_set():
            for notice in connection.notifies(timeout=_GLANCE_S):
                self._on_notice(notice.channel, notice.payload)
