"""A proxy between clients and a server that cuts their connections, as a bad network does."""

import asyncio
import contextlib
import threading

_CHUNK = 1 << 16
_LONGEST_STALL_S = 3.0


class Proxy:
    """Listens on one port for as long as the block lasts, and passes on to wherever the server is at the moment.

    upstream : returns host:port. cuts : how many connections were cut.
    """

    def __init__(self, upstream):
        self._upstream = upstream
        self._open = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self.cuts = 0

    def __enter__(self):
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.target = "127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self, random):
        """Cut a connection: now, when the next answer comes and in its place, or after it stalled for a while."""
        self._loop.call_soon_threadsafe(self._cut, random.choice(["now", "answer", "stall"]), random)

    def _cut(self, how, random):
        pairs = sorted((pair for pair in self._open if not pair.doomed), key=id)
        if not pairs:
            return
        pair = random.choice(pairs)
        pair.doomed = True
        self.cuts += 1
        if how == "now":
            pair.abort()
        elif how == "answer":
            pair.swallow = True
        else:
            pair.flowing.clear()
            self._loop.call_later(random.uniform(0.1, _LONGEST_STALL_S), pair.abort)

    async def _serve(self, reader, writer):
        host, _, port = self._upstream().rpartition(":")
        try:
            far_reader, far_writer = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(writer.transport, far_writer.transport)
        self._open.add(pair)
        try:
            await asyncio.gather(pair.pass_on(reader, far_writer), pair.pass_on(far_reader, writer, answers=True))
        finally:
            pair.abort()
            self._open.discard(pair)

    async def _end(self):
        self._server.close()
        for pair in self._open:
            pair.abort()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Pair:
    """Both halves of one connection."""

    def __init__(self, *transports):
        self._transports = transports
        self.doomed = self.swallow = False
        self.flowing = asyncio.Event()
        self.flowing.set()

    def abort(self):
        for one in self._transports:
            one.abort()
        self.flowing.set()

    async def pass_on(self, reader, writer, *, answers=False):
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self.flowing.wait()
                if answers and self.swallow:
                    break
                writer.write(data)
                await writer.drain()
        self.abort()
