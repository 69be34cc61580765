"""Throw-away servers with one thing wrong; each is made once, when first needed.

They end with the file of their tests: a standby would replay all that comes after.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from ground import Cluster

_SETTINGS = {
    "bare": {"shared_preload_libraries": ""},
    "fixed": {"allow_alter_system": "off"},
}
_LATER = {
    "unloaded": "shared_preload_libraries = ''\n",
    "broken": "work_mem = = 4MB\n",
}


class Spares:
    """`standby`, and clusters whose postgresql.conf has the lines above."""

    def __init__(self, standing: Mapping[str, Cluster], stack: ExitStack) -> None:
        self._standing = standing
        self._stack = stack
        self._made: dict[tuple[str, str], Cluster] = {}

    def get(self, version: str, name: str) -> Cluster:
        if (version, name) not in self._made:
            self._made[version, name] = self._make(version, name)
        return self._made[version, name]

    def _make(self, version: str, name: str) -> Cluster:
        source = self._standing[version] if name == "standby" else None
        settings = _SETTINGS.get(name, {})
        cluster = Cluster(version, f"bad-{name}", settings=settings, source=source)
        self._stack.enter_context(cluster)
        self._stack.callback(cluster.stop, "immediate")
        if name in _LATER:
            with (cluster.data_directory / "postgresql.conf").open("a", encoding="utf-8") as conf:
                conf.write(_LATER[name])
        if name == "unloaded":
            cluster.restart()
        return cluster
