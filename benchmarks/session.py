"""A browser tab without the browser: Streamlit's websocket, as the front end speaks it."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import NewSession
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from benchmarks import widgets
from benchmarks.messages import MessageCache
from benchmarks.widgets import Value, Widget

PATIENCE = 120.0
_SUCCESSES = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Run:
    """One run of the script, as the browser saw it."""

    seconds: float = 0.0
    messages: int = 0
    received: int = 0  # bytes
    errors: list[str] = field(default_factory=list)


class Session:
    """A tab that is open on a Streamlit app; use `opened` to get one."""

    def __init__(self, socket: ClientConnection, address: str, query: str) -> None:
        self._socket = socket
        self._state = BackMsg()
        self._state.rerun_script.query_string = query
        self._state.rerun_script.context_info.url = address
        self._state.rerun_script.context_info.color_scheme = "light"
        self._widgets: dict[str, Widget] = {}
        self._drawn: set[str] = set()
        self._folded: list[tuple[int, ...]] = []
        self._cache = MessageCache()
        self._run_id = ""
        self._fragments: frozenset[str] = frozenset()
        self.first_run = Run()

    def widget(self, label: str) -> Widget:
        """Return the widget with a label."""
        for widget in self._widgets.values():
            if widget.label == label:
                return widget
        raise LookupError(f"there is no {label} on the page")

    async def move(self, label: str, value: Value) -> Run:
        """Set a slider and wait until the run that this starts has ended."""
        try:
            widget = self.widget(label)
        except LookupError as error:
            return Run(errors=[repr(error)])
        widget.take(value)
        return await self.rerun(widget.fragment_id)

    async def rerun(self, fragment_id: str = "") -> Run:
        """Ask for a run of the script, or of one fragment, and wait until it has ended."""
        run, start = Run(), time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                await self._socket.send(self._request(fragment_id))
                while not self._take(await self._receive(run), run):
                    pass
        except (TimeoutError, ConnectionClosed) as error:
            run.errors.append(repr(error))
        run.seconds = time.perf_counter() - start
        return run

    async def flood(self, label: str, values: Sequence[Value]) -> None:
        """Move a slider through many values without ever waiting for an answer."""
        widget = self.widget(label)
        for value in values:
            widget.take(value)
            await self._socket.send(self._request(widget.fragment_id))

    async def overtake(self, label: str, value: Value, newer: Value) -> set[str | None]:
        """Move a slider, and again as soon as the first move draws; return what that went on to."""
        widget, drawn = self.widget(label), set[str | None]()
        for each, until in ((value, "delta"), (newer, "script_finished")):
            widget.take(each)
            await self._socket.send(self._request(widget.fragment_id))
            kind = None
            while kind != until:
                message = await self._receive(Run())
                self._take(message, Run())
                kind = message.WhichOneof("type")
                drawn.add(message.delta.new_element.WhichOneof("type"))
        return drawn

    async def arrive(self, at: str) -> None:
        """Ask for nothing, and wait until the address has these words."""
        async with asyncio.timeout(PATIENCE):
            while at not in self.query:
                self._take(await self._receive(Run()), Run())

    @property
    def query(self) -> str:
        """What stands behind the question mark in the address."""
        return self._state.rerun_script.query_string

    def _request(self, fragment_id: str) -> bytes:
        state = self._state.rerun_script
        state.fragment_id = fragment_id
        del state.widget_states.widgets[:]
        state.widget_states.widgets.extend(w.state for w in self._widgets.values())
        state.cached_message_hashes[:] = self._cache.hashes
        return bytes(self._state.SerializeToString())

    async def _receive(self, run: Run) -> ForwardMsg:
        data = await self._socket.recv(decode=False)
        run.messages += 1
        run.received += len(data)
        return self._cache.resolve(ForwardMsg.FromString(data))

    def _take(self, message: ForwardMsg, run: Run) -> bool:
        """Do what a browser does with a message; return whether the run is over."""
        match message.WhichOneof("type"):
            case "new_session":
                self._run_id = message.metadata.run.script_run_id
                self._fragments = frozenset(message.metadata.run.fragment_ids)
                self._begin(message.new_session)
            case "delta":
                self._draw(message.delta, tuple(message.metadata.delta_path), run)
            case "navigation":
                self._state.rerun_script.page_script_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self._state.rerun_script.query_string = message.page_info_changed.query_string
            case "script_finished":
                return self._finish(message, run)
        return False

    def _begin(self, new: NewSession) -> None:
        self._state.rerun_script.page_script_hash = new.page_script_hash
        self._cache.longest = new.config.max_cached_message_age
        self._drawn.clear()
        self._folded.clear()

    def _draw(self, delta: Delta, path: tuple[int, ...], run: Run) -> None:
        if delta.new_element.WhichOneof("type") == "exception":
            run.errors.append(delta.new_element.exception.message)
        if delta.add_block.WhichOneof("type") == "popover":
            self._folded.append(path)
        widget = widgets.read(delta, self._widgets)
        # A browser draws what is in a popover, and so has states for it, once that is opened.
        if widget is not None and not any(path[: len(fold)] == fold for fold in self._folded):
            self._widgets[widget.state.id] = widget
            self._drawn.add(widget.state.id)

    def _finish(self, message: ForwardMsg, run: Run) -> bool:
        ended, status = message.metadata.run.script_run_id, message.script_finished
        if status == ForwardMsg.FINISHED_EARLY_FOR_RERUN or ended != self._run_id:
            return False
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            run.errors.append("the script does not compile")
        if status in _SUCCESSES:
            self._widgets = {id_: w for id_, w in self._widgets.items() if self._shown(w)}
        self._cache.grow_older(self._fragments)
        return True

    def _shown(self, widget: Widget) -> bool:
        """Say whether the last run drew a widget, or was one of fragments it is not in."""
        outside = bool(self._fragments) and widget.fragment_id not in self._fragments
        return outside or widget.state.id in self._drawn


@asynccontextmanager
async def opened(address: str, query: str = "") -> AsyncIterator[Session]:
    """Open a tab on an app, with its first run done, and close it when the block ends."""
    async with _connected(address) as socket:
        session = Session(socket, address, query)
        session.first_run = await session.rerun()
        yield session


async def abandon(address: str, query: str) -> None:
    """Open a tab on an app and close it as soon as the first element is drawn."""
    async with _connected(address) as socket:
        session, run = Session(socket, address, query), Run()
        await socket.send(session._request(""))
        while (await session._receive(run)).WhichOneof("type") != "delta":
            pass


def _connected(address: str) -> connect:
    stream = address.replace("http", "ws", 1) + "/_stcore/stream"
    return connect(
        stream,
        subprotocols=[Subprotocol("streamlit")],
        compression=None,
        max_size=None,
        open_timeout=PATIENCE,
    )
