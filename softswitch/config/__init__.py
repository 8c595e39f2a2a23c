"""The YAML file: read with positions, checked by schema, every mistake shown at once."""

from softswitch.config.configuration import Config, ListenAddress, Log, Media, Network, User
from softswitch.config.loader import load
from softswitch.config.problems import ConfigErrors, Problem

__all__ = [
    "Config",
    "ConfigErrors",
    "ListenAddress",
    "Log",
    "Media",
    "Network",
    "Problem",
    "User",
    "load",
]
