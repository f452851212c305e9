"""What the stub services share: a small JSON server that tells each request in one line."""

import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Query = dict[str, list[str]]
# (method, path, query, body) -> (status, answer): JSON, or bytes as they are
Respond = Callable[[str, str, Query, bytes], tuple[int, object]]


def serve(address: str, port: int, respond: Respond) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            body = self._body()
            path = parts.path.rstrip("/")
            status, answer = respond(self.command, path, parse_qs(parts.query), body)
            data, kind = _encoded(answer)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") == "chunked":
                return self._chunks()
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _chunks(self) -> bytes:
            whole = b""
            while size := int(self.rfile.readline(), 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole

        def log_message(self, format: str, *args: object) -> None:
            print(self.log_date_time_string(), format % args, file=sys.stderr, flush=True)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

    Server((address, port), Handler).serve_forever()


def _encoded(answer: object) -> tuple[bytes, str]:
    if isinstance(answer, bytes):
        return answer, "application/octet-stream"
    return b"" if answer is None else json.dumps(answer).encode(), "application/json"
