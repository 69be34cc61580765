"""Text → Document: the only package that knows YAML. See docs/file.md for the format."""

from cpctl.document.document import Document
from cpctl.document.envfile import env_file_beside, filled, parse_env_file
from cpctl.document.load import load
from cpctl.document.parts import known_parts
from cpctl.document.source import read_source, read_sources

__all__ = [
    "Document",
    "env_file_beside",
    "filled",
    "known_parts",
    "load",
    "parse_env_file",
    "read_source",
    "read_sources",
]
