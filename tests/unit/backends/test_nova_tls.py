"""What an operator reads when TLS does not come about: a sentence for each cause, from real servers."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.http_nova import HttpCloud, connect
from vmha_ocf.backends.openstack.certificates import at_home
from vmha_ocf.backends.openstack.credentials import Credentials, credentials_from
from vmha_ocf.backends.openstack.nova import OpenStackNova
from vmha_ocf.backends.openstack.way import Way, way_of
from vmha_ocf.errors import LocalParameterError, NovaUnreached


def told(cloud: HttpCloud, **parameters: str) -> str:
    with pytest.raises(NovaUnreached) as caught:
        connect(cloud, 5.0, **parameters).services()
    return str(caught.value)


def test_a_certificate_of_a_known_authority_is_accepted(authority: Authority) -> None:
    with HttpCloud(str(authority.issue("right"))) as cloud:
        assert connect(cloud, ca_file=str(authority.pem)).services().known == []


def test_a_directory_of_authorities_is_accepted(authority: Authority, tmp_path: Path) -> None:
    way = way_of(_parameters(ca_file=str(tmp_path)))
    assert way.trust.verify == str(tmp_path)


def test_a_certificate_for_another_name_is_told_as_that(authority: Authority) -> None:
    with HttpCloud(str(authority.issue("other", "DNS:keystone.example"))) as cloud:
        sentence = told(cloud, ca_file=str(authority.pem))
        assert "shows a certificate for another" in sentence
        assert "127.0.0.1" in sentence
        by_name = cloud.url.replace("127.0.0.1", "localhost") + "/v3"
        sentence = told(cloud, ca_file=str(authority.pem), auth_url=by_name)
        assert "shows a certificate for another name" in sentence
        assert "'localhost'" in sentence
        assert not cloud.received


@pytest.mark.parametrize(
    ("dates", "sentence"),
    [
        (("", "20210101000000Z"), "has expired"),
        (("20980101000000Z", ""), "is not valid yet"),
    ],
)
def test_a_certificate_out_of_its_time(
    authority: Authority, dates: tuple[str, str], sentence: str
) -> None:
    begins, ends = dates
    with HttpCloud(str(authority.issue("untimely", begins=begins, ends=ends))) as cloud:
        assert f"shows a certificate that {sentence}" in told(cloud, ca_file=str(authority.pem))


def test_an_authority_that_nobody_trusts(authority: Authority, tmp_path: Path) -> None:
    with HttpCloud(str(authority.issue("right"))) as cloud:
        sentence = told(cloud)
        assert "a certificate of an authority that is not trusted here" in sentence
        assert "ca_file=" in sentence
        other = Authority(tmp_path, "other")
        assert "an authority that is not trusted here" in told(cloud, ca_file=str(other.pem))
        assert cloud.received == []
        assert connect(cloud, insecure="1").services().known == []


def test_a_certificate_that_signed_itself(tmp_path: Path) -> None:
    alone = Authority(tmp_path, "alone")
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "alone.key").read_text() + alone.pem.read_text())
    with HttpCloud(str(both)) as cloud:
        assert "shows a certificate that it signed itself" in told(cloud)


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Whatever it is, it is no Keystone."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/v3"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


def handshake(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        # What the client has sent is read in any case: else its kernel would tell of a reset.
        with connection.dup() as kept:
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(4096)
            kept.settimeout(1.0)
            kept.recv(4096)

    return answer


def context_of(authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(authority.issue("right")))
    return context


def at(url: str, authority: Authority) -> str:
    with HttpCloud() as cloud:
        return told(cloud, auth_url=url, ca_file=str(authority.pem))


def test_a_server_without_tls(authority: Authority) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with server(plain) as url:
        sentence = at(url, authority)
    assert "does not speak TLS (is it http rather than https?)" in sentence


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_asks_for_a_certificate_of_ours(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    context = context_of(authority)
    context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(str(authority.pem))
    with server(handshake(context)) as url:
        # With TLS 1.3 it says so after the session began: the client may be writing already.
        assert "asks for a certificate of ours" in at(url, authority)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a_server_with_a_tls_that_is_too_old(authority: Authority) -> None:
    context = context_of(authority)
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with server(handshake(context)) as url:
        assert "speaks only versions of TLS that are too old" in at(url, authority)


def test_our_own_certificate_is_shown(
    authority: Authority, client: Callable[[str], Path], tmp_path: Path
) -> None:
    seen = []
    context = context_of(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(str(authority.pem))

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(4096)
            seen.append(secured.getpeercert())

    pair = client("ours")
    with server(answer) as url:
        clouds = tmp_path / "clouds.yaml"
        clouds.write_text(
            f"clouds: {{home: {{cert: {pair.with_suffix('.pem')}, key: {pair.with_suffix('.key')}, "
            f"cacert: {authority.pem}, auth_type: v3password, auth: {{auth_url: '{url}', "
            "username: u, password: p, user_domain_id: default, project_id: p}}}"
        )
        nova = OpenStackNova(credentials_from({"cloud": "home", "clouds_file": str(clouds)}))
        with pytest.raises(NovaUnreached):
            nova.services()
    assert [one["subject"] for one in seen if one] == [((("commonName", "ours"),),)]


# The files, before anybody needs them


def _parameters(**more: str) -> Credentials:
    usual = {"auth_url": "https://x", "username": "u", "password": "p", "project_name": "p"}
    return credentials_from(usual | more)


def clouds_with(tmp_path: Path, **home: str) -> Callable[[], Way]:
    lines = "".join(f"    {key}: {value}\n" for key, value in home.items())
    path = tmp_path / "clouds.yaml"
    path.write_text(
        f"clouds:\n  home:\n{lines}"
        "    auth: {auth_url: 'https://x', username: u, password: p, project_name: p}\n"
    )
    return lambda: way_of(credentials_from({"cloud": "home", "clouds_file": str(path)}))


def refused(read: Callable[[], object]) -> str:
    with pytest.raises(LocalParameterError) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize("key", ["cacert", "cert", "verify"])
def test_a_file_that_is_missing_is_told_by_key_and_file(tmp_path: Path, key: str) -> None:
    sentence = refused(clouds_with(tmp_path, **{key: "/nowhere/a.pem"}))
    assert (
        f"{key}=/nowhere/a.pem of cloud home in {tmp_path}/clouds.yaml cannot be read" in sentence
    )
    assert "no such file" in sentence
    assert "on every controller" in sentence


def test_a_key_that_is_missing(tmp_path: Path, client: Callable[[str], Path]) -> None:
    pem = client("ours").with_suffix(".pem")
    sentence = refused(clouds_with(tmp_path, cert=str(pem), key="/nowhere/a.key"))
    assert "key=/nowhere/a.key of cloud home" in sentence


def test_a_key_alone(tmp_path: Path) -> None:
    assert "key=/x of cloud home" in refused(clouds_with(tmp_path, key="/x"))


def test_a_key_of_another_certificate(tmp_path: Path, client: Callable[[str], Path]) -> None:
    pem, key = client("one").with_suffix(".pem"), client("two").with_suffix(".key")
    sentence = refused(clouds_with(tmp_path, cert=str(pem), key=str(key)))
    assert "the key is another certificate's" in sentence


def test_a_key_with_a_passphrase_asks_nobody(
    tmp_path: Path, client: Callable[[str], Path]
) -> None:
    pair = client("ours")
    locked = tmp_path / "locked.key"
    argv = [
        "openssl",
        "pkey",
        "-in",
        str(pair.with_suffix(".key")),
        "-aes128",
        "-out",
        str(locked),
    ]
    subprocess.run([*argv, "-passout", "pass:x"], check=True, capture_output=True)
    read = clouds_with(tmp_path, cert=str(pair.with_suffix(".pem")), key=str(locked))
    assert "its key is encrypted" in refused(read)


def test_a_ca_file_that_holds_no_certificate(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("not PEM\n")
    assert f"ca_file={path} holds no certificate" in refused(
        lambda: way_of(_parameters(ca_file=str(path)))
    )
    assert f"cacert={path} of cloud home" in refused(clouds_with(tmp_path, cacert=str(path)))


def test_a_path_from_nowhere_is_refused(tmp_path: Path) -> None:
    assert "cacert=ca.pem of cloud home" in refused(clouds_with(tmp_path, cacert="ca.pem"))
    assert "not an absolute path" in refused(clouds_with(tmp_path, cacert="ca.pem"))


def test_home_is_the_users_and_not_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere/else")
    assert at_home("~/ca.pem") != "/somewhere/else/ca.pem"
    assert at_home("~/ca.pem").endswith("/ca.pem")
    assert at_home("/etc/ca.pem") == "/etc/ca.pem"


@pytest.mark.parametrize(
    ("said", "verify"),
    [
        ({}, True),
        ({"verify": "false"}, False),
        ({"verify": "'False'"}, False),
        ({"verify": "'yes'"}, True),
        ({"insecure": "true"}, False),
        ({"insecure": "true", "cacert": "/nowhere"}, False),
    ],
)
def test_whether_certificates_are_verified(
    tmp_path: Path, said: dict[str, str], verify: bool
) -> None:
    way = clouds_with(tmp_path, **said)()
    assert way.trust.verify is verify
