"""A simulated core system: sample clients, their photos, and changes that arrive exactly once."""

from banli_directory.plugin import DirectoryPlugin
from banli_directory.simulator import Client, Effect, OutOfService, Simulator
from banli_directory.switches import REFUSALS, Switches
from banli_directory.updates import Properties

__all__ = [
    "REFUSALS",
    "Client",
    "DirectoryPlugin",
    "Effect",
    "OutOfService",
    "Properties",
    "Simulator",
    "Switches",
]
