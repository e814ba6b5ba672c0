"""HTTP/1.1 as the echo device speaks it, by raw conversations: routes, framing, and every
status."""

import json

import pytest
from talk import Client

GET = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n"


def chunk(data, extension=b""):
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def post(body, *lines, path=b"/echo"):
    head = b"".join(line + b"\r\n" for line in lines)
    return b"POST %s HTTP/1.1\r\nHost: a\r\n%s\r\n%s" % (path, head, body)


# ---- routes --------------------------------------------------------------------------------


def test_body_comes_back_with_its_content_type(client):
    answer = client.ask(post(b"hello", b"Content-Type: text/x-thing; a=b", b"Content-Length: 5"))
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.fields[b"content-type"] == b"text/x-thing; a=b"
    assert answer.fields[b"content-length"] == b"5"


@pytest.mark.parametrize(
    "fields",
    [
        (b"Content-Length: 2", b"Content-Type: t/last"),
        (b"Content-Type: t/first", b"X-Long: " + b"y" * 300, b"Content-Length: 2"),
        (b"Content-Length: 2", b"Content-Type: t/" + b"z" * 400),
    ],
)
def test_content_type_anywhere_in_the_head(client, fields):
    answer = client.ask(post(b"ok", *fields))
    kind = [line for line in fields if line.startswith(b"Content-Type")][0].partition(b": ")[2]
    assert (answer.status, answer.body, answer.fields[b"content-type"]) == (200, b"ok", kind)


def test_body_without_content_type(client):
    answer = client.ask(post(b"\0\xff", b"Content-Length: 2"))
    assert (
        answer.body == b"\0\xff" and answer.fields[b"content-type"] == b"application/octet-stream"
    )


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"PATCH", b"DELETE", b"GET", b"OPTIONS"])
def test_any_method_with_a_body(client, method):
    answer = client.ask(post(b"abc", b"Content-Length: 3").replace(b"POST", method, 1))
    assert (answer.status, answer.body) == (200, b"abc")


def test_empty_body(client):
    for _ in range(2):
        answer = client.ask(post(b"", b"Content-Length: 0"))
        assert (answer.status, answer.body) == (200, b"")


def test_request_comes_back(client):
    request = b"GET /echo/some/where?x=1 HTTP/1.1\r\nHost: a\r\nX-Thing:  \t two words \r\n\r\n"
    for _ in range(3):
        answer = client.ask(request)
        assert (answer.status, answer.body) == (200, request[:-2])
        assert answer.fields[b"content-type"] == b"text/plain"


def test_head_has_the_head_of_get(client):
    for path in (b"/echo", b"/", b"/netstat"):
        head = client.ask((GET % path).replace(b"GET", b"HEAD"), head_only=True)
        body = client.ask(GET % path)
        if path == b"/echo":
            assert (
                int(head.fields.pop(b"content-length"))
                == int(body.fields.pop(b"content-length")) + 1
            )
        assert head.status == 200 and head.fields == body.fields
    assert client.ask((GET % b"/nothing").replace(b"GET", b"HEAD"), head_only=True).status == 404
    assert client.ask(GET % b"/echo").status == 200


def test_page_and_netstat(client):
    page = client.ask(GET % b"/")
    assert page.status == 200 and page.fields[b"content-type"].startswith(b"text/html")
    assert page.body.startswith(b"<!doctype html>") and page.body.endswith(b"</html>\n")
    answer = client.ask(GET % b"/netstat")
    told = json.loads(answer.body)
    assert answer.fields[b"content-type"] == b"application/json"
    assert (
        told["address"] in ("127.0.0.1", "10.9.0.2")
        and told["connections"][0]["state"] == "LISTEN"
    )


def test_absolute_form(client):
    assert client.ask(b"GET http://a:80/echo HTTP/1.1\r\nHost: a:80\r\n\r\n").status == 200
    assert client.ask(b"GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n").body.startswith(b"<!doctype")


def test_options(client):
    for target, methods in ((b"*", b"PATCH"), (b"/echo", b"PUT"), (b"/", b"HEAD")):
        answer = client.ask((GET % target).replace(b"GET", b"OPTIONS"))
        assert answer.status == 204 and methods in answer.fields[b"allow"]


def test_http_1_0(server):
    with Client(server) as client:
        answer = client.ask(b"GET /echo HTTP/1.0\r\n\r\n")
        assert answer.body == b"GET /echo HTTP/1.0\r\n" and client.at_end()
    with Client(server) as client:
        answer = client.ask(b"GET / HTTP/1.0\r\n\r\n")
        assert answer.body.endswith(b"</html>\n") and b"transfer-encoding" not in answer.fields
    with Client(server) as client:
        for _ in range(3):
            answer = client.ask(
                b"POST /echo HTTP/1.0\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi"
            )
            assert answer.body == b"hi" and answer.fields[b"connection"] == b"keep-alive"


@pytest.mark.parametrize("version", [b"1.1", b"1.2", b"1.9"])
def test_later_versions_of_http_1(client, version):
    request = b"GET /echo HTTP/%s\r\nHost: a\r\n\r\n" % version
    for _ in range(2):
        assert client.ask(request).body == request[:-2]


def test_connection_close(client):
    answer = client.ask(b"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: te, Close\r\n\r\n")
    assert answer.fields[b"connection"] == b"close" and client.at_end()


# ---- framing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "chunks, body",
    [
        ([b"hello ", b"world"], b"hello world"),
        ([], b""),
        ([b"x" * 5000], b"x" * 5000),
        ([b"%d" % i for i in range(300)], b"".join(b"%d" % i for i in range(300))),
    ],
)
def test_chunked_body(client, chunks, body):
    request = post(
        b"".join(map(chunk, chunks)) + b"0\r\n\r\n",
        b"Transfer-Encoding: Chunked",
        b"Content-Type: t/t",
    )
    for _ in range(2):
        answer = client.ask(request)
        assert (answer.status, answer.body) == (200, body)
        assert answer.fields[b"content-type"] == b"t/t"


def test_chunk_extensions_and_trailers(client):
    request = post(
        chunk(b"ab", b';a=1;b="2"') + b"003\r\nabc\r\n000\r\nX: y\r\nZ: 1\r\n\r\n",
        b"Transfer-Encoding: chunked",
    )
    assert client.ask(request + GET % b"/echo").body == b"ababc"
    assert client.answer().body.startswith(b"GET /echo")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_requests_in_small_pieces(client, size):
    requests = (
        post(b"12345", b"Content-Length: 5")
        + post(
            chunk(b"abc") + chunk(b"defg") + b"0\r\nT: r\r\n\r\n", b"Transfer-Encoding: chunked"
        )
        + b"\r\n"
        + GET % b"/echo"
        + post(b"0\r\n\r\n", b"Transfer-Encoding: chunked")
    )
    client.sock.setsockopt(6, 1, 1)
    for i in range(0, len(requests), size):
        client.send(requests[i : i + size])
    answers = [client.answer().body for _ in range(4)]
    assert answers == [b"12345", b"abcdefg", b"GET /echo HTTP/1.1\r\nHost: a\r\n", b""]


def test_pipelining(client):
    many = 60
    client.send(
        b"".join(
            post(b"%04d" % i, b"Content-Length: 4")
            + GET % (b"/echo/%d" % i)
            + post(chunk(b"c%d" % i) + b"0\r\n\r\n", b"Transfer-Encoding: chunked")
            for i in range(many)
        )
    )
    for i in range(many):
        assert client.answer().body == b"%04d" % i
        assert client.answer().body.startswith(b"GET /echo/%d " % i)
        assert client.answer().body == b"c%d" % i


def test_pages_in_a_pipeline(client):
    client.send(GET % b"/" + GET % b"/netstat" + GET % b"/nothing" + GET % b"/echo")
    assert [client.answer().status for _ in range(4)] == [200, 200, 404, 200]


def test_continue(client):
    lines = (b"Content-Length: 5", b"Expect: 100-Continue")
    assert client.ask(post(b"", *lines)).status == 100
    assert client.ask(b"hello").body == b"hello"
    # A body that is here already needs no invitation (RFC 9110, 10.1.1).
    assert client.ask(post(b"hello", *lines)).status == 200
    assert (
        client.ask(post(b"", b"Transfer-Encoding: chunked", b"Expect: 100-continue")).status == 100
    )
    assert client.ask(chunk(b"more") + b"0\r\n\r\n").body == b"more"


def test_continue_is_not_said_before_an_error(client):
    answer = client.ask(post(b"", b"Content-Length: 5", b"Expect: 100-continue", path=b"/nothing"))
    assert answer.status == 404 and client.at_end()


# ---- refusals ------------------------------------------------------------------------------

BAD = {
    "no version": (400, b"GET /\r\n\r\n"),
    "no target": (400, b"GET HTTP/1.1\r\nHost: a\r\n\r\n"),
    "two blanks": (400, b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "blank at the end": (400, b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
    "control character in the target": (400, b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "method is no token": (400, b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "blank first": (400, b" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "name of the protocol": (400, b"GET / http/1.1\r\nHost: a\r\n\r\n"),
    "version 1.10": (400, b"GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "lines end in LF": (400, b"GET / HTTP/1.1\nHost: a\n\n"),
    "one line ends in LF": (400, b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n"),
    "a lone CR": (400, b"GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
    "NUL in a field": (400, b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"),
    "no Host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two Hosts": (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
    "Host is no host": (400, b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    "no colon": (400, b"GET / HTTP/1.1\r\nHost: a\r\nThing\r\n\r\n"),
    "no name": (400, b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"),
    "blank before the colon": (400, post(b"hello", b"Content-Length : 5")),
    "folded line": (400, b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
    "first field indented": (400, b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    "length and chunked": (
        400,
        post(b"0\r\n\r\n", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    ),
    "two lengths": (400, post(b"hello", b"Content-Length: 5", b"Content-Length: 6")),
    "one length twice": (400, post(b"hello", b"Content-Length: 5", b"Content-Length: 5")),
    "list of lengths": (400, post(b"hello", b"Content-Length: 5, 5")),
    "negative length": (400, post(b"hello", b"Content-Length: -5")),
    "signed length": (400, post(b"hello", b"Content-Length: +5")),
    "length in hexadecimal": (400, post(b"hello", b"Content-Length: 0x5")),
    "empty length": (400, post(b"hello", b"Content-Length:")),
    "huge length": (413, post(b"", b"Content-Length: 99999999999999999999999999999999999")),
    "length above the limit": (413, post(b"", b"Content-Length: 1000000000")),
    "length of 2**32 + 5": (413, post(b"hello", b"Content-Length: 4294967301")),
    "unknown coding": (501, post(b"", b"Transfer-Encoding: gzip")),
    "coding before chunked": (501, post(b"", b"Transfer-Encoding: gzip, chunked")),
    "chunked is not last": (400, post(b"", b"Transfer-Encoding: chunked, gzip")),
    "chunked twice": (400, post(b"", b"Transfer-Encoding: chunked, chunked")),
    "two codings": (400, post(b"", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked")),
    "like chunked": (501, post(b"", b"Transfer-Encoding: xchunked")),
    "vertical tab before chunked": (400, post(b"0\r\n\r\n", b"Transfer-Encoding: \x0bchunked")),
    "chunked by HTTP/1.0": (
        400,
        b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "chunk size is no number": (400, post(b"g\r\n", b"Transfer-Encoding: chunked")),
    "chunk size is negative": (400, post(b"-5\r\n", b"Transfer-Encoding: chunked")),
    "chunk size with 0x": (400, post(b"0x5\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked")),
    "no chunk size": (400, post(b"\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked")),
    "chunk size ends in LF": (400, post(b"5\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked")),
    "chunk longer than its size": (
        400,
        post(b"2\r\nhello\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"),
    ),
    "huge chunk": (413, post(b"ffffffffff\r\n", b"Transfer-Encoding: chunked")),
    "endless chunk extension": (400, post(b"5;" + b"x" * 2000, b"Transfer-Encoding: chunked")),
    "trailer with a blank first": (
        400,
        post(b"0\r\n X: y\r\n\r\n", b"Transfer-Encoding: chunked"),
    ),
    "POST without length": (411, post(b"")),
    "unknown expectation": (417, post(b"", b"Content-Length: 5", b"Expect: a-miracle")),
    "long line": (414, b"GET /" + b"x" * 20000),
    "long field": (431, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20000),
    "many fields": (431, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 4000 + b"\r\n"),
    "unknown method": (501, b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "method in lower case": (501, b"get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "HTTP/2": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/0.9": (505, b"GET / HTTP/0.9\r\n\r\n"),
}


@pytest.mark.parametrize("what", BAD)
def test_refusal(server, what):
    """The status arrives whole, the connection ends, and the request behind it is not answered."""
    status, request = BAD[what]
    with Client(server) as client, Client(server) as other:
        answer = client.ask(request)
        assert answer.status == status
        assert answer.fields[b"connection"] == b"close" and answer.body.startswith(b"%d " % status)
        assert client.at_end()
        assert other.ask(GET % b"/echo").status == 200


def test_nothing_behind_a_refused_request_is_answered(client):
    request = post(b"", b"Content-Length: 5", b"Transfer-Encoding: chunked")
    assert client.ask(request + GET % b"/echo").status == 400
    assert client.at_end()


def test_not_found_and_not_allowed_keep_the_connection(client):
    for path in (b"/nothing", b"/ech", b"/echoes", b"/Echo", b"//", b"/%65cho"):
        assert client.ask(GET % path).status == 404
    answer = client.ask((GET % b"/netstat").replace(b"GET", b"DELETE"))
    assert answer.status == 405 and answer.fields[b"allow"] == b"GET, HEAD, OPTIONS"
    assert client.ask(GET % b"/echo").status == 200


def test_bad_chunk_in_mid_answer_breaks_it_off(client):
    client.send(post(chunk(b"x" * 3000), b"Transfer-Encoding: chunked"))
    assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
    client.send(b"zzz\r\n")
    with pytest.raises((ConnectionError, ValueError, AssertionError)):
        while client.file.readline() != b"\r\n":
            pass
        client._chunks()


def test_host_in_the_page_is_the_visitor_s(client):
    page = client.ask(b"GET / HTTP/1.1\r\nHost: localhost:8080\r\n\r\n")
    assert b"http://localhost:8080/echo" in page.body


def test_a_long_host_is_not_put_into_the_page(client):
    page = client.ask(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % (b"h" * 900))
    assert page.body.endswith(b"</html>\n") and b"hhhh" not in page.body


def test_heads_of_every_length_with_a_body(client):
    for n in range(870, 1025):
        request = post(b"", b"Content-Length: 5", b"Content-Type: t/t")
        request = request.replace(b"t/t", b"t/" + b"t" * (n - len(request) + 1))
        client.send(request)
        client.send(b"hello")
        answer = client.answer()
        assert (len(request), answer.status, answer.body) == (n, 200, b"hello")


@pytest.mark.parametrize("coding", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
def test_a_body_in_single_bytes_behind_a_long_head(client, coding):
    body = b"hello" if coding.endswith(b"5") else b"5;x=y\r\nhello\r\n0\r\n\r\n"
    client.sock.setsockopt(6, 1, 1)
    for n in (1018, 1019, 1020, 1023, 1024):
        request = post(b"", coding, b"X: y")
        request = request.replace(b"X: y", b"X: " + b"y" * (n - len(request) + 1))
        assert len(request) == n
        client.send(request)
        for byte in body:
            client.send(bytes([byte]))
        assert client.answer().body == b"hello"


def test_empty_lines_before_a_request(client):
    assert client.ask(b"\r\n\r\n" + GET % b"/echo").body == b"GET /echo HTTP/1.1\r\nHost: a\r\n"
