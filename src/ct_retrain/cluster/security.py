"""Decides how to talk to the cluster: by TLS, or unencrypted on loopback or if `cluster.insecure` allows it.

Dask runs any code it is sent: on the nodes, and through crafted answers also on this machine.
"""

from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.errors import UsageError

if TYPE_CHECKING:
    from distributed import Security


def security_of(settings: ClusterSettings, root: Path) -> "Security | None":
    """Return the TLS certificates, with paths relative to *root*; None for an unencrypted connection that is allowed.

    Raise UsageError if it is not allowed, or if certificates are missing.
    """
    named = {name: getattr(settings, name) for name in ("tls_ca", "tls_cert", "tls_key")}
    if not any(named.values()):
        _allow_open(settings)
        return None
    if settings.address.startswith("tcp:"):
        raise UsageError(
            "cluster.address begins with tcp://, which is not encrypted: write tls://… to use cluster.tls_*"
        )
    files = {name: root / path for name, path in named.items()}
    for name, path in files.items():
        if not named[name] or not path.is_file():
            why = f"{path} is no file" if named[name] else "is not set"
            raise UsageError(
                f"cluster.{name} {why}: TLS needs a certificate, its key, and the certificate of the authority"
            )
    return _certificates({name: str(path) for name, path in files.items()})


def _certificates(files: dict[str, str]) -> "Security":
    from distributed import Security

    roles = {f"tls_{role}_cert": files["tls_cert"] for role in ("client", "scheduler", "worker")}
    keys = {f"tls_{role}_key": files["tls_key"] for role in ("client", "scheduler", "worker")}
    return Security(require_encryption=True, tls_ca_file=files["tls_ca"], **roles, **keys)


def _allow_open(settings: ClusterSettings) -> None:
    where = settings.address or f"the nodes of {settings.kind}"
    if settings.address.startswith("tls:"):
        raise UsageError(f"{where} asks for TLS: set cluster.tls_ca, cluster.tls_cert and cluster.tls_key")
    if not settings.insecure and not _loopback(settings):
        raise UsageError(
            f"{where} is reached over a network, and anyone who can reach it could run programs as you: set "
            "cluster.tls_ca, tls_cert and tls_key, or cluster.insecure = true in a network that you trust"
        )


def _loopback(settings: ClusterSettings) -> bool:
    if settings.kind:
        return settings.job.interface == "lo"
    host = urlsplit(settings.address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
