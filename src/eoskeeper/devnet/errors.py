"""The one exception with which the devnet speaks to whoever runs it."""


class DevnetError(Exception):
    """Something a person can mend; the message says what is wrong and what to do."""
