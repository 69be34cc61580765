"""The PostgreSQL servers that tests and the demo stand on: installed, started, thrown away.

The standard library only, since it runs before any virtual environment exists.
"""

from ground.cluster import Cluster
from ground.install import provide
from ground.pooler import pooler
from ground.releases import RELEASES, Release
from ground.steps import Failure

__all__ = ["RELEASES", "Cluster", "Failure", "Release", "pooler", "provide"]
