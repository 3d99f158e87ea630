"""Configuration: TOML of today and the config.ini of 2018, read with every problem told at once."""

from eoskeeper.config.ini_2018 import parse_ini
from eoskeeper.config.load import SEARCHED, FileFormat, find_file, load, load_text
from eoskeeper.config.migrate import migrate
from eoskeeper.config.model import Config
from eoskeeper.config.problems import ConfigError, Problem
from eoskeeper.config.secret import Secret

__all__ = [
    "SEARCHED",
    "Config",
    "ConfigError",
    "FileFormat",
    "Problem",
    "Secret",
    "find_file",
    "load",
    "load_text",
    "migrate",
    "parse_ini",
]
