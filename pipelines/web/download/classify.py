"""Why a download failed: classes that can be counted, read from a server's status or from what yt-dlp says."""

import re
from enum import Enum
from http import HTTPStatus


class Then(Enum):
    """What follows from a failure."""

    GIVE_UP = "give up"  # another attempt would bring the same
    AGAIN = "again"  # after a pause
    ALL_WAIT = "all wait"  # the site has had enough of this machine for a while
    STOP = "stop"  # every further request makes things worse


class RefusedError(Exception):
    """An attempt that brought no video.

    Args:
        reason: one of REASONS.
        retry_after: seconds, if the server named them.
    """

    def __init__(self, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(reason, message, retry_after)  # so that it can be pickled
        self.reason = reason
        self.message = message
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message

    @property
    def then(self) -> Then:
        return REASONS[self.reason]


REASONS = {
    "private": Then.GIVE_UP,
    "removed": Then.GIVE_UP,
    "geo": Then.GIVE_UP,
    "copyright": Then.GIVE_UP,
    "age": Then.GIVE_UP,
    "members": Then.GIVE_UP,
    "protected": Then.GIVE_UP,  # by digital rights management
    "not_yet": Then.GIVE_UP,  # a premiere or a live stream
    "no_video": Then.GIVE_UP,  # a page without one
    "not_media": Then.GIVE_UP,  # a file, but of another kind
    "too_large": Then.GIVE_UP,
    "no_js_runtime": Then.GIVE_UP,  # no format could be had because no runtime solved the site's challenges
    "no_format": Then.GIVE_UP,
    "forbidden": Then.AGAIN,  # addresses of streams expire
    "server": Then.AGAIN,
    "extraction": Then.AGAIN,
    "merge": Then.AGAIN,  # ffmpeg failed to put picture and sound together
    "truncated": Then.AGAIN,
    "slow": Then.AGAIN,
    "network": Then.AGAIN,
    "unreachable": Then.AGAIN,  # no connection at all
    "rate_limit": Then.ALL_WAIT,
    "bot_check": Then.STOP,
    "crashed": Then.AGAIN,  # the process that worked on it died
    "other": Then.GIVE_UP,
}

# Most specific first: YouTube's answers begin alike ("Video unavailable. This video ... copyright grounds"), and its
# apostrophes are typographic at times.
_PHRASES = [
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), reason)
    for pattern, reason in (
        (r"not a bot|captcha|unusual traffic", "bot_check"),
        (r"confirm your age|age.restricted|inappropriate for some users", "age"),
        (r"rate.?limited|try again later|too many requests|HTTP Error 429", "rate_limit"),
        (r"private video|video is private|granted access to this video", "private"),
        (r"in your country|from your location|geo.?restrict", "geo"),
        (r"copyright", "copyright"),
        (r"members.only|join this channel|members on level|requires payment|premium members", "members"),
        (r"DRM protected", "protected"),
        (r"premieres in|live event will begin|live stream recording is not available|offline", "not_yet"),
        (r"removed|terminated|no longer available|account .* closed|HTTP Error 4(04|10)\b|does not exist", "removed"),
        (r"HTTP Error 403", "forbidden"),
        (r"HTTP Error 5\d\d|HTTP Error 408", "server"),
        (r"failed to resolve|name or service not known|name resolution|network is unreachable", "unreachable"),
        (r"connection refused|no route to host|failed to establish a new connection", "unreachable"),
        (r"more expected|did not get any data blocks|downloaded \d+ bytes, expected \d+", "truncated"),
        (r"timed? ?out|connection (was )?(reset|aborted|broken)|reset by peer|remote end closed|\bEOF\b", "network"),
        (r"unable to connect|IncompleteRead|SSL|bytes read", "network"),
        (r"unsupported URL|no media found|no video in", "no_video"),
        (r"file is larger than max-filesize", "too_large"),
        (r"requested format is not available|no video formats found|only images are available", "no_format"),
        (r"postprocessing|merging|conversion failed|ffmpeg", "merge"),
        (r"unable to extract|signature extraction|failed to extract|failed to parse|player response", "extraction"),
        (r"video unavailable|content isn.t available|not available", "removed"),
        (r"HTTP Error 4\d\d", "forbidden"),
    )
]

_STATUSES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "private",
    HTTPStatus.NOT_FOUND: "removed",
    HTTPStatus.GONE: "removed",
    HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS: "geo",
    HTTPStatus.REQUEST_TIMEOUT: "server",
    HTTPStatus.TOO_EARLY: "server",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit",
}


def reason_of_text(text: str) -> str:
    """The class of a failure that is told in words; "other" where nothing known is said."""
    return next((reason for pattern, reason in _PHRASES if pattern.search(text)), "other")


def reason_of_status(status: int) -> str:
    """The class of an HTTP status from 400 on."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server"
    return _STATUSES.get(status, "forbidden")
