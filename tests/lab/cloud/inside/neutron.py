"""A Neutron without networks: what Nova asks for servers with networks=none is always empty."""

import sys

from tests.lab.cloud.inside.stub import Query, serve


def respond(method: str, path: str, query: Query, body: bytes) -> tuple[int, object]:
    if method != "GET":
        return 405, {"NeutronError": f"{method} {path}: this Neutron is read-only"}
    if path in ("", "/v2.0"):
        return 200, {"resources": []}
    return 200, {path.rpartition("/")[2].replace("-", "_"): []}


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), respond)
