"""The way out to Keystone, Nova and the others: the same for the worker and for ``vmha``.

The environment says nothing about it. Pacemaker's worker has not the one of the person who types
``vmha check``: a proxy, REQUESTS_CA_BUNDLE or ~/.netrc (which requests would send to Nova as a
password) would make "ready" mean another way than the worker's.
"""

from __future__ import annotations

from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session

from vmha_ocf.backends.openstack.certificates import Trust


def open_session(auth: BaseAuthPlugin, trust: Trust, timeout: float) -> Session:
    """``timeout`` in seconds, for each wait. Sends nothing yet.

    Neither a redirect nor a retry ever repeats a request that changes something. A followed
    redirect would also carry password or token to wherever it points.
    """
    session = Session(
        auth=auth,
        verify=trust.verify,
        cert=trust.cert,
        timeout=timeout,
        redirect=False,
        connect_retries=0,
        app_name="vmha-ocf",
    )
    session.session.trust_env = False
    return session
