"""The configuration: ``config.toml`` as strict frozen Structs. ``config.params`` turns a profile into kernel input."""

from spymaster.config.loader import default_toml_text, load_config, user_config_path
from spymaster.config.profiles import EsProfile, Profile, SpyProfile
from spymaster.config.schema import json_schema
from spymaster.config.structs import PROFILE_NAMES, Config

__all__ = [
    "PROFILE_NAMES",
    "Config",
    "EsProfile",
    "Profile",
    "SpyProfile",
    "default_toml_text",
    "json_schema",
    "load_config",
    "user_config_path",
]
