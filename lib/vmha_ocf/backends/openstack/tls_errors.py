"""Why a TLS session did not come about -> one sentence for each cause. Pure.

urllib3 tells some as Python's ssl does (a code of OpenSSL's, x509_vfy.h) and, before its version 2,
a certificate of another name as an error of its own, without a code.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from vmha_ocf.errors import NovaUnavailable, NovaUnreached

_TRUST = "ca_file=/etc/ssl/... (cacert in clouds.yaml) names the authority to trust"
_NAME = "use a name that the certificate has in the address, or have it made for this one"
_CODES = {
    9: (
        "shows a certificate that is not valid yet",
        "compare this node's clock with the server's",
    ),
    10: ("shows a certificate that has expired", "renew it, or set this node's clock"),
    18: ("shows a certificate that it signed itself", _TRUST),
    19: ("shows a certificate of an authority that is not trusted here", _TRUST),
    20: ("shows a certificate of an authority that is not trusted here", _TRUST),
    21: ("shows a certificate of an authority that is not trusted here", _TRUST),
    62: ("shows a certificate for another name", _NAME),
    64: ("shows a certificate for another address", _NAME),
}
"""By OpenSSL's X509_V_ERR_..."""
_OURS = "cert and key in clouds.yaml name it"
_OLD = "speaks only versions of TLS that are too old"
_OLD_REASONS = ("ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "LEGACY_SIGALG")
_REASONS = (
    ("WRONG_VERSION_NUMBER", "does not speak TLS", "is it http rather than https?"),
    ("HTTP_REQUEST", "does not speak TLS", "is it http rather than https?"),
    (
        "CERTIFICATE_REQUIRED",
        "asks for a certificate of ours",
        _OURS,
    ),
    (
        "ALERT_UNKNOWN_CA",
        "does not trust the authority of our certificate",
        "check cert and key in clouds.yaml",
    ),
    (
        "ALERT_CERTIFICATE",
        "does not accept our certificate: revoked or expired",
        "check cert and key in clouds.yaml",
    ),
    (
        "ALERT_BAD_CERTIFICATE",
        "does not accept our certificate, or asks for one",
        "check cert and key in clouds.yaml",
    ),
    (
        "HANDSHAKE_FAILURE",
        "and this node have no cipher in common, or it asks for a certificate of ours",
        "cert and key in clouds.yaml name one; TLS 1.2 or later is needed",
    ),
    *(
        (each, "ended the TLS session at once, as one that asks for a certificate of ours", _OURS)
        for each in ("PROTOCOL_IS_SHUTDOWN", "EOF_OCCURRED", "UNEXPECTED_EOF")
    ),
    *((each, _OLD, "TLS 1.2 or later is needed") for each in _OLD_REASONS),
    ("TOO_SMALL", "has a key that is too small to be trusted", "have its certificate made anew"),
    ("MD_TOO_WEAK", "has a signature too weak to be trusted", "have its certificate made anew"),
)
"""A part of OpenSSL's reason, what that means, what to do. The first that fits."""


def tls_problem(causes: Iterable[BaseException], where: str) -> NovaUnavailable:
    """``causes``: the error and what led to it; ``where``: for the message."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            told = getattr(cause, "verify_message", "") or str(cause)
            return _certificate(getattr(cause, "verify_code", 0), told, where)
        if type(cause).__name__ == "CertificateError":  # urllib3's own, before its version 2
            return NovaUnreached(f"{where} {_CODES[62][0]}: {cause}", hint=_NAME)
        if isinstance(cause, ssl.SSLError):
            return _handshake(cause, where)
    return NovaUnavailable(f"{where}: no TLS session could be agreed on")


def _certificate(code: int, told: str, where: str) -> NovaUnreached:
    """It is looked at before anything is sent."""
    if code in _CODES:
        what, hint = _CODES[code]
        return NovaUnreached(f"{where} {what}: {told}", hint=hint)
    return NovaUnreached(f"{where} shows a certificate that is not trusted: {told}", hint=_TRUST)


def _handshake(error: ssl.SSLError, where: str) -> NovaUnavailable:
    reason = (error.reason or str(error)).upper().replace(" ", "_")
    for part, what, hint in _REASONS:
        if part in reason:
            return NovaUnavailable(f"{where} {what}", hint=hint)
    return NovaUnavailable(f"{where}: no TLS session could be agreed on ({reason.lower()[:80]})")
