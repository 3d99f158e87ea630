"""An answer is read the same however its bytes are cut; what is ambiguous is not read at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoskeeper.domain.samples import FailureReason
from eoskeeper.probes.http_answer import HEAD_LIMIT_BYTES, Answer, AnswerReader, Unread

LIMIT = 1000

SIZED = b"HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  5 \r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: Chunked\r\n\r\n"
    b"3\r\nhel\r\n2;name=value\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
)
UNSIZED = b"HTTP/1.0 200 OK\r\n\r\nhello"


def read(*pieces: bytes, limit: int = LIMIT) -> Answer | Unread:
    """What comes of these pieces and the end of the connection."""
    reader = AnswerReader(limit)
    for piece in pieces:
        answer = reader.feed(piece)
        if answer is not None:
            return answer
    return reader.end()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (SIZED, Answer(200, b"hello", kept=True)),
        (CHUNKED, Answer(201, b"hello", kept=True)),
        (UNSIZED, Answer(200, b"hello", kept=False)),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Answer(404, b"", kept=True)),
        (b"HTTP/1.1 503\r\nContent-Length: 1\r\n\r\nx", Answer(503, b"x", kept=True)),
        (b"HTTP/1.1 204 None\r\n\r\n", Answer(204, b"", kept=True)),
        (SIZED.replace(b"1.1", b"1.0"), Answer(200, b"hello", kept=False)),
        (
            SIZED.replace(b"1.1", b"1.0").replace(b"Server", b"Connection: keep-alive\r\nServer"),
            Answer(200, b"hello", kept=True),
        ),
        (
            SIZED.replace(b"Server", b"Connection: x, Close\r\nServer"),
            Answer(200, b"hello", kept=False),
        ),
    ],
)
def test_the_forms_of_an_answer_are_read(said: bytes, answer: Answer) -> None:
    """Sized, in chunks, or up to the end; kept as HTTP's version and the server say."""
    assert read(said) == answer


@given(said=st.sampled_from([SIZED, CHUNKED, UNSIZED]), data=st.data())
def test_where_the_bytes_are_cut_makes_no_difference(said: bytes, data: st.DataObject) -> None:
    """TCP knows no messages: a head may come byte by byte."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=8)))
    pieces = [said[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    assert read(*pieces) == read(said)


@pytest.mark.parametrize("said", [SIZED, CHUNKED])
def test_no_shorter_answer_is_whole(said: bytes) -> None:
    """Broken off at any byte it is told as broken off."""
    for length in range(len(said)):
        unread = read(said[:length])
        assert isinstance(unread, Unread)
        assert unread.reason is FailureReason.DISCONNECTED


@pytest.mark.parametrize("said", [SIZED, CHUNKED])
def test_bytes_behind_an_answer_spoil_the_connection(said: bytes) -> None:
    """They would be taken for the beginning of the next answer."""
    answer = read(said + b"H")
    assert isinstance(answer, Answer)
    assert (answer.body, answer.kept) == (b"hello", False)


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        SIZED.replace(b" 5 ", b"-5"),
        SIZED.replace(b" 5 ", b"5, 6"),
        SIZED.replace(b" 5 ", b""),
        SIZED.replace(b"Server", b"Content-Length: 6\r\nServer"),
        SIZED.replace(b"Server", b"Transfer-Encoding: gzip\r\nServer"),
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1),
        CHUNKED.replace(b"\r\n3\r\n", b"\r\n-3\r\n"),
        CHUNKED.replace(b"\r\n3\r\n", b"\r\nx\r\n"),
        CHUNKED.replace(b"hel\r\n", b"help!"),
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * HEAD_LIMIT_BYTES,
        CHUNKED.partition(b"3\r\n")[0] + b"0" * HEAD_LIMIT_BYTES,
    ],
)
def test_what_is_no_http_or_could_be_read_in_two_ways_is_refused(said: bytes) -> None:
    """None of it is a reading."""
    unread = read(said)
    assert isinstance(unread, Unread)
    assert unread.reason is FailureReason.NOT_JSON


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1F4\r\n%b\r\n" % (b"x" * 500) * 3,
    ],
)
def test_an_answer_that_is_too_large_is_not_waited_for(said: bytes) -> None:
    """It is left as soon as that is certain."""
    unread = AnswerReader(LIMIT).feed(said)
    assert isinstance(unread, Unread)
    assert unread.reason is FailureReason.TOO_LARGE


@given(st.binary(max_size=300))
def test_no_bytes_raise(rubbish: bytes) -> None:
    """Whatever a stranger says, behind the begin of an answer too."""
    for begin in (
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ):
        assert isinstance(read(begin + rubbish), Answer | Unread)
