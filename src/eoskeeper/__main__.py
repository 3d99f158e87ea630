"""``python -m eoskeeper``: the same as the command ``eoskeeper``."""

from eoskeeper.cli.main import app

if __name__ == "__main__":
    app(prog_name="eoskeeper")
