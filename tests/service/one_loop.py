"""One event loop for all tests that use grpc.aio in the main thread.

Events of a call may come after its test is over. grpc.aio hands them to the loop they belong to without asking
whether it is closed, or even still there; with a loop for each test that is an error in the log of another one, or
a crash.
"""

import asyncio
import atexit

DEADLINE_S = 60

_runner = asyncio.Runner()
atexit.register(_runner.close)


def run(work):
    """Return what a coroutine returns, which has a minute."""

    async def limited():
        async with asyncio.timeout(DEADLINE_S):
            return await work

    return _runner.run(limited())
