"""A local server that speaks Zendesk Sell's API v2, with the rules of `salesstatus` behind it.

    python examples/sell_server.py            # tells a short story over HTTP, and ends
    python examples/sell_server.py --serve    # stays until Ctrl-C

Try a client on it before it meets an account that matters; Sell's own, `basecrm`, works as it is:

    with served(Sell(), token) as address:
        client = basecrm.Client(access_token=token, base_url=address)

What is there, and what is refused with 422, says `sell_account`. What is no request at all is
refused here, in the same envelope:

| status | code | what happened |
|---|---|---|
| 400 | invalid_user_agent, invalid_header, invalid_param, invalid_payload | one of these is missing or wrong |
| 401 | unauthorized | it has not the token that the server was given; neither is ever told |
| 404 | not_found, incorrect_path | the path leads nowhere |
| 413 | invalid_payload | the body is larger than `LARGEST` |
| 422 | incorrect_payload | the body has no `data` |
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hmac import compare_digest
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import isfinite
from secrets import token_hex
from signal import SIGINT, default_int_handler, signal
from socketserver import TCPServer
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import sell_writing
from sell_account import Sell
from sell_resources import Body, Refused

from salesstatus.crm.sell.columns import KIND_OF, Kind
from salesstatus.values import SalesStatusError

#: So many bytes a body may have.
LARGEST: Final = 1 << 20


class Handler(BaseHTTPRequestHandler):
    """One request: what makes it one, and the envelope of what is answered."""

    server: "Server"
    timeout = 10  # seconds that somebody may keep silent

    def do_GET(self) -> None:
        """Answer a request."""
        logref = token_hex(8)
        plural = (*self.path.split("/"), "", "")[2].partition("?")[0]
        kind = KIND_OF.get(plural)
        try:
            status, told = self._asked()
        except Refused as refused:
            status, told = refused.status, refused.body(kind, logref)
        except SalesStatusError as error:
            refusal = sell_writing.refusal_body(error, kind or Kind.CONTACT, logref=logref)
            status, told = refusal.status, refusal.body
        except Exception:
            self.send_error(500)
            raise  # to the log of the server
        self._send(status, told)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - as above

    def _asked(self) -> tuple[int, Body | None]:
        content = self._content()
        if not self.headers.get("User-Agent", "").strip():
            raise Refused(400, ("", "invalid_user_agent", "expected a header User-Agent"))
        given, wanted = self.headers.get("Authorization", ""), f"Bearer {self.server.token}"
        if not compare_digest(given.encode(), wanted.encode()):
            raise Refused(401, ("", "unauthorized", "expected the access token of this server"))
        try:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=50))
        except ValueError:
            raise Refused(
                400, ("", "invalid_param", "expected a path with a query that can be read")
            ) from None
        sent = self.command in ("POST", "PUT") and not parts.path.endswith("/sync/start")
        return self.server.account.answer(
            self.command,
            parts.path,
            address=self.server.address + parts.path,
            query=query,
            data=_data(content) if sent else {},
            device=self.headers.get("X-Basecrm-Device-UUID", ""),
        )

    def _content(self) -> bytes:
        size = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,12}", size) or "Transfer-Encoding" in self.headers:
            raise Refused(400, ("", "invalid_header", "expected a Content-Length"))
        if int(size) > LARGEST:
            left = min(int(size), 16 * LARGEST)  # who is still sending does not listen
            while left > 0 and (chunk := self.rfile.read(min(left, LARGEST))):
                left -= len(chunk)
            raise Refused(413, ("", "invalid_payload", f"expected at most {LARGEST} bytes"))
        return self.rfile.read(int(size))

    def _send(self, status: int, told: Body | None) -> None:
        content = b"" if told is None else json.dumps(told, allow_nan=False).encode()
        self.send_response(status)
        if told is not None:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what http.server cannot read, without its page, which repeats what was sent."""
        del message, explain
        code, name = {500: (500, "server_error"), 501: (404, "incorrect_path")}.get(
            code, (400, "invalid_header")
        )
        self._send(
            code,
            Refused(code, ("", name, "the request was not carried out")).body(None, token_hex(8)),
        )

    def log_message(self, format: str, *words: Any) -> None:
        """Write no log: what is asked may hold secrets."""


def _data(content: bytes) -> Body:
    try:
        body = json.loads(content, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise Refused(400, ("", "invalid_payload", "expected JSON")) from None
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise Refused(422, ("data", "incorrect_payload", "expected an object under the key data"))
    return data


def _no_number(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number(text)


class Server(ThreadingHTTPServer):
    """Serves an account on loopback, each request in a thread of its own."""

    daemon_threads = False  # closing it waits for those who are still being answered
    request_queue_size = 64

    def __init__(self, account: Sell, token: str, port: int = 0) -> None:
        self.account, self.token = account, token
        super().__init__(("127.0.0.1", port), Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind the port, without asking anybody for the name of this machine."""
        TCPServer.server_bind(self)


@contextmanager
def served(account: Sell, token: str, port: int = 0) -> Iterator[str]:
    """Serve an account to whoever has the token, and give the address; port 0 is any free one."""
    server = Server(account, token, port)
    thread = Thread(target=server.serve_forever, args=(0.02,), name="sell")
    thread.start()
    try:
        yield server.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def ask(
    address: str, token: str, method: str, path: str, data: Body | None = None
) -> tuple[int, Any]:
    """Ask a server, past every proxy; return the status, and the body if there is one."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        content = None if data is None else json.dumps({"data": data})
        headers = {
            "User-Agent": "sell_server",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }
        connection.request(method, path, content, headers)
        response = connection.getresponse()
        told = response.read()
        return response.status, json.loads(told) if told else None
    finally:
        connection.close()


def story(address: str, token: str) -> Iterator[str]:
    """Yield what happens to a few contacts, line by line."""

    def tell(method: str, path: str, **data: Any) -> Body:
        return dict(ask(address, token, method, f"/v2{path}", data or None)[1])

    def told(contact: Body) -> str:
        now = tell("GET", f"/contacts/{contact['id']}")["data"]
        return f"    {now['name']}: prospect {now['prospect_status']}, customer {now['customer_status']}"

    acme = tell("POST", "/contacts", name="Acme", is_organization=True)["data"]
    ann = tell("POST", "/contacts", first_name="Ann", last_name="Li", contact_id=acme["id"])["data"]
    deal = tell(
        "POST", "/deals", name="Coffee", contact_id=ann["id"], value="12.50", currency="EUR"
    )["data"]
    yield "A deal is opened with Ann, who works for Acme. Both are prospects:"
    yield from map(told, (ann, acme))
    won = next(
        stage["data"]
        for stage in tell("GET", "/stages")["items"]
        if stage["data"]["category"] == "won"
    )
    tell("PUT", f"/deals/{deal['id']}", stage_id=won["id"])
    yield "It is won. Both are customers:"
    yield from map(told, (ann, acme))
    refused = tell("PUT", f"/contacts/{ann['id']}", prospect_status="lost")["errors"][0]["error"]
    yield "Somebody calls Ann a lost prospect, and is refused:"
    yield f"    {refused['code']} at {refused['field']}: {refused['details']}"
    lead = tell("POST", "/leads", last_name="Boxer", organization_name="Farmers Coop")["data"]
    made = tell("POST", "/lead_conversions", lead_id=lead["id"], create_deal=True)["data"]
    yield "A lead is converted, with a deal:"
    yield from map(told, ({"id": made["individual_id"]}, {"id": made["organization_id"]}))


def main(*words: str) -> None:
    """Tell the story; or with ``--serve`` say where the server is, and stay."""
    token = token_hex(32)
    with served(Sell(), token) as address:
        if "--serve" not in words:
            print(*story(address, token), sep="\n")
            return
        # A shell that starts it in the background has it ignore interrupts.
        signal(SIGINT, default_int_handler)
        try:
            print(f"{address}, with the access token {token}; Ctrl-C ends it", flush=True)
            Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main(*sys.argv[1:])
