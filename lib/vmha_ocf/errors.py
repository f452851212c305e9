"""Every error that this suite raises, and the exit code that each one means.

    VmhaError
    ├── ParameterError          a parameter's value is wrong everywhere        OCF 6
    │   └── LocalParameterError  ... is wrong on this node (a path, a file)    OCF 2
    ├── NotInstalled            a program or library is missing on this node   OCF 5
    ├── NotPermitted            this node does not let us                      OCF 4
    ├── Unavailable             no answer: the truth is unknown                OCF 1
    │   ├── FlagsUnavailable     attrd or the CIB
    │   ├── ClusterUnavailable   Pacemaker's view of the nodes
    │   ├── BmcUnavailable       a BMC is silent, slow or broke off
    │   ├── NovaUnavailable      Nova, Keystone or Glance: the request may have had its effect
    │   │   └── NovaBusy          ... "slow down": the request had no effect
    │   ├── UnitUnavailable      systemd or the operator's command
    │   ├── GuestsUnavailable    libvirt, or what a compute host says of its instances
    │   └── CommandUnavailable   a program; each backend turns it into its own of the above
    ├── FlagNotWritten          a flag was written and could not be read back  OCF 1
    ├── Refused                 a clear no
    │   ├── BmcRefused           wrong credentials or privilege, or an answer of "no"
    │   │   └── BmcAlready        ... "it is so already", or "not in the state I am in"
    │   ├── NovaDenied           Nova or Keystone: who we are or may do is not enough
    │   └── NovaRefused          Nova will not do this one thing (it had no effect)
    ├── PowerNotVerified        the wanted power state was not read back in time
    └── UnitFailed              nova-compute did not start or stop

Unknown is not failed: ``Unavailable`` says that we do not know, ``Refused`` that nothing happened.
"""

from __future__ import annotations

OCF_SUCCESS = 0
OCF_ERR_GENERIC = 1
OCF_ERR_ARGS = 2
OCF_ERR_UNIMPLEMENTED = 3
OCF_ERR_PERM = 4
OCF_ERR_INSTALLED = 5
OCF_ERR_CONFIGURED = 6
OCF_NOT_RUNNING = 7
OCF_DEGRADED = 190


class VmhaError(Exception):
    """Something that an operator has to read: what is wrong, and what to do about it."""

    exit_code = OCF_ERR_GENERIC

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ParameterError(VmhaError):
    exit_code = OCF_ERR_CONFIGURED


class LocalParameterError(ParameterError):
    exit_code = OCF_ERR_ARGS


class NotInstalled(VmhaError):
    exit_code = OCF_ERR_INSTALLED


class NotPermitted(VmhaError):
    exit_code = OCF_ERR_PERM


class Unavailable(VmhaError):
    """No answer. Never to be read as "no", "off", "absent" or "failed"."""


class FlagsUnavailable(Unavailable):
    pass


class ClusterUnavailable(Unavailable):
    pass


class BmcUnavailable(Unavailable):
    pass


class BmcBusy(BmcUnavailable):
    """It answers, and cannot do this now, or does not say whether it has: a while later it may."""


class NovaUnavailable(Unavailable):
    """No clear answer: a request that changes something may have had its effect."""


class NovaFailed(NovaUnavailable):
    """500 in Nova's own words: it has ended with the request, and whatever it did of it is in its lists."""


class NovaUnreached(NovaUnavailable):
    """The request was never sent, so it had no effect: no connection, or no token from Keystone."""


class NovaBusy(NovaUnavailable):
    """413 or 429, of a proxy or a rate limit: the request was not carried out.

    ``retry_after`` is in seconds; 0 if the answer did not say.
    """

    def __init__(self, message: str, *, hint: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class UnitUnavailable(Unavailable):
    pass


class GuestsUnavailable(Unavailable):
    """What becomes of the guests of a host is not known: neither down nor well."""


class CommandUnavailable(Unavailable):
    """A program did not end in time, said too much or gave no clear answer."""


class FlagNotWritten(VmhaError):
    pass


class Refused(VmhaError):
    """A clear no: nothing was changed."""


class BmcRefused(Refused):
    pass


class BmcDenied(BmcRefused):
    """The password is wrong. Asked often, many BMCs lock the account."""


class BmcAlready(BmcRefused):
    """To a request for a power state. So says one whose host has it, and one that has just
    restarted and knows nothing of its host."""


class NovaDenied(Refused):
    """The credentials, the role, the project or the region are not enough for what is asked."""


class NovaRefused(Refused):
    """A 4xx about one object. ``code`` is the HTTP status."""

    def __init__(self, code: int, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class PowerNotVerified(VmhaError):
    pass


class UnitFailed(VmhaError):
    pass
