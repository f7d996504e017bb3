"""What a process that serves many people needs, done once."""

import gc
import os
import socket
import stat
import sys
import threading
from functools import cache
from pathlib import Path

from threadpoolctl import threadpool_limits

from initviz import Batch, Network, probe
from initviz.setting import cost

# On Linux, where the trouble is; elsewhere there is no such folder.
_DESCRIPTORS = Path("/proc/self/fd")
# PyTorch lets go of the interpreter in every operation, hundreds of times a probe, and waits this
# long to get it back from whoever draws a page meanwhile; Python's default is ten times as much.
_SWITCH_S = 0.0005
_ONE_AT_A_TIME = threading.Lock()


def prepare() -> None:
    """Make this process ready to serve a class; the first call does it, others wait for it."""
    with _ONE_AT_A_TIME:
        _prepare()


def compile_ahead() -> None:
    """Run what measures a layer in both precisions: what no earlier process compiled, this does."""
    for dtype in ("float32", "float64"):
        probe(Network(depth=1, width=16), Batch(dtype=dtype)).histogram("activation")


@cache
def _prepare() -> None:
    cost.one_core_each()
    send_at_once()
    compile_ahead()
    probe(Network(), Batch())
    _spare_the_collector()
    sys.setswitchinterval(_SWITCH_S)
    # As torch in `one_core_each`: each of several that work at once has a core.
    threadpool_limits(1, user_api="blas")


def send_at_once() -> None:
    """Let answers leave without waiting for the acknowledgement of what was sent before.

    Streamlit hands its server a socket that is already bound, and asyncio does not recognise
    such a one as TCP, so TCP_NODELAY stays off and every move takes 40 ms more
    (github.com/Kludex/uvicorn/issues/3149). What a listening socket is set to, the
    connections that it accepts inherit.
    """
    for descriptor in _DESCRIPTORS.iterdir() if _DESCRIPTORS.is_dir() else ():
        try:
            if not stat.S_ISSOCK(descriptor.stat().st_mode):
                continue
            end = socket.socket(fileno=os.dup(int(descriptor.name)))
        except OSError:
            # Closed since the folder was read.
            continue
        with end:
            if end.family in (socket.AF_INET, socket.AF_INET6) and end.type == socket.SOCK_STREAM:
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _spare_the_collector() -> None:
    """Take what is loaded for good out of the garbage collector's sight.

    A full collection walks everything that PyTorch and pandas have loaded, which takes longer
    than a move does; what is made afterwards is little, and collected as ever.
    """
    gc.collect()
    gc.freeze()
    # Python collects when a quarter has been added to what the last collection left.
    gc.collect()
