"""Serve one WSGI application: serve.py MODULE:NAME ADDRESS PORT THREADS ACCESS_LOG (Nova's Python).

The access log is one JSON line for each request, written when its answer begins: when it came and
how long it took (seconds), who asked for what, and the status.

Beside it, delay-NAME.json makes requests late: {"before": seconds, "after": seconds, "only": method}.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import waitress  # type: ignore[import-not-found,import-untyped,unused-ignore]

Application = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]


def main() -> None:
    target, address, port, threads, access = sys.argv[1:]
    del sys.argv[1:]  # The applications parse it too.
    module, _, name = target.partition(":")
    application = getattr(importlib.import_module(module), name)
    served = _logged(_delayed(application, access), access)
    waitress.serve(served, host=address, port=int(port), threads=int(threads))


def _delayed(application: Application, access: str) -> Application:
    """As a proxy that holds requests, or answers, while their client waits or has gone."""
    knob = (
        Path(access).with_name(Path(access).name.replace("access-", "delay-")).with_suffix(".json")
    )

    def delayed(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not knob.exists():
            return application(environ, start_response)
        delay = json.loads(knob.read_text())
        if delay["only"] not in ("", environ["REQUEST_METHOD"]):
            return application(environ, start_response)
        time.sleep(delay["before"])
        answer = list(application(environ, start_response))
        time.sleep(delay["after"])
        return answer

    return delayed


def _logged(application: Application, path: str) -> Application:
    log = open(path, "a", buffering=1, encoding="utf-8")  # noqa: SIM115 (as long as we serve)

    def logged(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        came = time.time()

        def started(status: str, *more: Any, **named: Any) -> Any:
            line = {
                "at": round(came, 3),
                "seconds": round(time.time() - came, 3),
                "method": environ["REQUEST_METHOD"],
                "path": environ.get("PATH_INFO", ""),
                "status": int(status[:3]),
                "agent": environ.get("HTTP_USER_AGENT", ""),
            }
            log.write(json.dumps(line) + "\n")
            return start_response(status, *more, **named)

        return application(environ, started)

    return logged


if __name__ == "__main__":
    main()
