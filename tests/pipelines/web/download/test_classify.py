import pickle

import pytest

from pipelines.web.download.classify import REASONS, RefusedError, Then, reason_of_status, reason_of_text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[youtube] x: Private video. Sign in if you've been granted access to this video", "private"),
        ("[youtube] x: Video unavailable. This video is private", "private"),
        ("[youtube] x: Video unavailable", "removed"),
        ("[youtube] x: Video unavailable. This video has been removed by the uploader", "removed"),
        (
            "[youtube] x: Video unavailable. This video is no longer available because the YouTube account associated "
            "with this video has been terminated.",
            "removed",
        ),
        (
            "[youtube] x: Video unavailable. This video contains content from Somebody, who has blocked it in your "
            "country on copyright grounds",
            "geo",
        ),
        ("The uploader has not made this video available in your country", "geo"),
        ("Video unavailable. This video is no longer available due to a copyright claim by Somebody", "copyright"),
        ("[youtube] x: Sign in to confirm your age. This video may be inappropriate for some users.", "age"),
        ("[youtube] x: Sign in to confirm you're not a bot. Use --cookies", "bot_check"),
        ("[youtube] x: Sign in to confirm you’re not a bot. This helps protect our community.", "bot_check"),
        ("Something. YouTube is requiring a captcha challenge before playback", "bot_check"),
        (
            "[youtube] x: Video unavailable. This content isn't available, try again later. The current session has "
            "been rate-limited by YouTube for up to an hour.",
            "rate_limit",
        ),
        ("[generic] Unable to download webpage: HTTP Error 429: Too Many Requests", "rate_limit"),
        ("[youtube] x: Join this channel to get access to members-only content like this video", "members"),
        ("[x] x: This video is DRM protected", "protected"),
        ("[youtube] x: Premieres in 3 hours", "not_yet"),
        ("[generic] Unable to download webpage: HTTP Error 404: Not Found", "removed"),
        ("[generic] Unable to download webpage: HTTP Error 410: Gone", "removed"),
        ("unable to download video data: HTTP Error 403: Forbidden", "forbidden"),
        ("unable to download video data: HTTP Error 503: Service Unavailable", "server"),
        ("[generic] Unsupported URL: http://127.0.0.1/", "no_video"),
        ("[youtube] x: Requested format is not available. Use --list-formats", "no_format"),
        ("[youtube] x: No video formats found!", "no_format"),
        ("Unable to download API page: ... Failed to resolve 'www.youtube.com' ([Errno -2] ...)", "unreachable"),
        ("Failed to establish a new connection: [Errno 111] Connection refused", "unreachable"),
        ("Read timed out. (read timeout=30.0)", "network"),
        ("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", "network"),
        ("1000 bytes read, 5000 more expected", "truncated"),
        ("[youtube] x: Signature extraction failed: Some formats may be missing", "extraction"),
        ("Postprocessing: Conversion failed!", "merge"),
        ("it rains", "other"),
    ],
)
def test_reads_the_class_from_what_is_said(text, reason):
    assert reason_of_text(text) == reason


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "removed"), (410, "removed"), (403, "forbidden"), (429, "rate_limit"), (503, "server")]
)
def test_reads_the_class_from_a_status(status, reason):
    assert reason_of_status(status) == reason


def test_what_cannot_change_is_given_up_and_a_bot_check_ends_the_run():
    assert RefusedError("private", "").then is Then.GIVE_UP
    assert RefusedError("network", "").then is Then.AGAIN
    assert RefusedError("rate_limit", "").then is Then.ALL_WAIT
    assert RefusedError("bot_check", "").then is Then.STOP


def test_every_class_that_is_read_is_known():
    from pipelines.web.download import classify

    read = {reason for _, reason in classify._PHRASES} | set(classify._STATUSES.values())
    assert read <= REASONS.keys()


def test_a_refusal_comes_back_from_another_process():
    refused = pickle.loads(pickle.dumps(RefusedError("rate_limit", "slower", 30.0)))
    assert (refused.reason, str(refused), refused.retry_after) == ("rate_limit", "slower", 30.0)
