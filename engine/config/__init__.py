"""The configuration: one JSON file and the environment, read once, frozen."""

from engine.config.accounts import AccountSettings, Mode
from engine.config.addresses import StoreAddress, parse_address
from engine.config.emergency import EmergencySettings
from engine.config.execution import ExecutionSettings
from engine.config.load import load_settings
from engine.config.protection import MissingAction, ProtectionSettings
from engine.config.risk import RiskSettings
from engine.config.services import FlowerSettings, PaperSettings
from engine.config.settings import Settings
from engine.config.store import StoreSettings
from engine.config.stream import StreamSettings

__all__ = [
    "AccountSettings",
    "EmergencySettings",
    "ExecutionSettings",
    "FlowerSettings",
    "MissingAction",
    "Mode",
    "PaperSettings",
    "ProtectionSettings",
    "RiskSettings",
    "Settings",
    "StoreAddress",
    "StoreSettings",
    "StreamSettings",
    "load_settings",
    "parse_address",
]
