"""What today's Python has no more and polyswarm-client 2.13.3 and its libraries ask for.

Python imports a module of this name by itself, before the program, from the folders of PYTHONPATH. So the client runs as it was
published, none of its files changed.
"""

import asyncio
import asyncio.streams
import collections
import collections.abc
import functools
import inspect
import sys
import types


def without_loop(function):
    """Until Python 3.10 these took the event loop to use; websockets 8.1 and aiorwlock still give it."""

    @functools.wraps(function)
    def call(*arguments, loop=None, **options):
        return function(*arguments, **options)

    return call


def of_tasks(wait):
    """Until Python 3.11 coroutines could be waited for as they are."""

    @functools.wraps(wait)
    def call(awaitables, **options):
        return wait([asyncio.ensure_future(each) for each in awaitables], **options)

    return call


def getargspec(function):
    """Gone with Python 3.11."""
    full = inspect.getfullargspec(function)
    return ArgSpec(full.args, full.varargs, full.varkw, full.defaults)


ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")
inspect.getargspec = getargspec

# Gone from here with Python 3.10.
for name in ("Callable", "Collection", "Generator", "Hashable", "Iterable", "Iterator", "Mapping", "MutableMapping",
             "MutableSequence", "MutableSet", "Sequence", "Set"):
    setattr(collections, name, getattr(collections.abc, name))

asyncio.streams.IncompleteReadError = asyncio.IncompleteReadError
asyncio.wait = of_tasks(asyncio.wait)
for name in ("gather", "open_connection", "shield", "sleep", "start_server", "wait", "wait_for"):
    setattr(asyncio, name, without_loop(getattr(asyncio, name)))
for name in ("BoundedSemaphore", "Condition", "Event", "Lock", "Queue", "Semaphore"):
    kind = getattr(asyncio, name)
    setattr(asyncio, name, type(name, (kind,), {"__init__": without_loop(kind.__init__)}))

# aioredis 1.3.1 cannot be imported any more. Only the mode with Redis uses more of it than these names.
aioredis = types.ModuleType("aioredis")
aioredis.errors = types.ModuleType("aioredis.errors")
aioredis.Redis = type("Redis", (), {})
for name in ("ConnectionClosedError", "ConnectionForcedCloseError", "MaxClientsError", "PoolClosedError", "RedisError",
             "ReplyError"):
    kind = type(name, (Exception,), {})
    setattr(aioredis, name, kind)
    setattr(aioredis.errors, name, kind)
sys.modules["aioredis"] = aioredis
sys.modules["aioredis.errors"] = aioredis.errors
