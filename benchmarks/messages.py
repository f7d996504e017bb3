"""The browser's memory of large messages, which spares the server sending them again."""

from collections.abc import Collection

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class MessageCache:
    """The large messages that the server may refer to by their hash instead of sending them."""

    def __init__(self) -> None:
        self.longest = 0
        self._runs = 0
        self._held: dict[str, tuple[int, ForwardMsg]] = {}

    @property
    def hashes(self) -> list[str]:
        """The hashes of the messages that are held."""
        return list(self._held)

    def resolve(self, message: ForwardMsg) -> ForwardMsg:
        """Return the message that is meant, and hold it if it is large."""
        if message.WhichOneof("type") == "ref_hash":
            _, meant = self._held[message.ref_hash]
            meant.metadata.CopyFrom(message.metadata)
            self._held[meant.hash] = (self._runs, meant)
            return meant
        if message.metadata.cacheable:
            self._held[message.hash] = (self._runs, message)
        return message

    def grow_older(self, fragments: Collection[str] = ()) -> None:
        """Count a finished run, and let go of what has not been used for long.

        A run of fragments lets go of nothing outside them.
        """
        self._runs += 1
        self._held = {
            hash_: (used, message)
            for hash_, (used, message) in self._held.items()
            if self._runs - used <= self.longest
            or (fragments and message.delta.fragment_id not in fragments)
        }
