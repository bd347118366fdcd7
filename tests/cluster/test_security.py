"""Nobody talks openly over a network by accident."""

from pathlib import Path

import pytest

from ct_retrain.cluster.security import security_of
from ct_retrain.core.configuration.cluster import ClusterSettings
from ct_retrain.core.errors import UsageError

FILES = {"tls_ca": "ca.pem", "tls_cert": "cert.pem", "tls_key": "key.pem"}


def settings(**given: object) -> ClusterSettings:
    return ClusterSettings.model_validate(given)


@pytest.mark.parametrize(
    "given",
    [
        {"address": "tcp://127.0.0.1:8786"},
        {"address": "tcp://[::1]:8786"},
        {"address": "tcp://localhost:8786"},
        {"address": "tcp://head.example:8786", "insecure": True},
        {"kind": "slurm", "insecure": True},
        {"kind": "slurm", "job": {"interface": "lo"}},
    ],
)
def test_loopback_and_what_is_insisted_on_is_open(given: dict[str, object], tmp_path: Path) -> None:
    assert security_of(settings(**given), tmp_path) is None


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"address": "tcp://head.example:8786"}, "tcp://head.example:8786 is reached over a network"),
        ({"address": "tcp://10.0.0.7:8786"}, "run programs as you: set cluster.tls_ca, tls_cert and tls_key"),
        ({"kind": "lsf"}, "the nodes of lsf is reached over a network"),
        ({"address": "tls://head:8786"}, "asks for TLS: set cluster.tls_ca"),
        ({"address": "tls://head:8786", "insecure": True}, "asks for TLS"),
        ({"address": "tcp://head:8786", **FILES}, "begins with tcp://, which is not encrypted"),
        ({"address": "tls://head:8786", "tls_ca": "ca.pem"}, r"cluster\.tls_ca .*ca\.pem is no file"),
        ({"kind": "pbs", **FILES}, r"cluster\.tls_ca .*ca\.pem is no file"),
    ],
)
def test_everything_else_is_refused_with_what_to_do(
    given: dict[str, object], why: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=why):
        security_of(settings(**given), tmp_path)


def test_a_certificate_without_its_key_is_named(tmp_path: Path) -> None:
    for name in ("ca.pem", "cert.pem"):
        (tmp_path / name).touch()

    with pytest.raises(UsageError, match=r"cluster\.tls_key is not set"):
        security_of(settings(address="tls://head:8786", tls_ca="ca.pem", tls_cert="cert.pem"), tmp_path)


def test_certificates_are_those_of_the_settings(tmp_path: Path) -> None:
    for name in FILES.values():
        (tmp_path / name).touch()

    security = security_of(settings(address="tls://head:8786", **FILES), tmp_path)

    assert security is not None
    assert security.require_encryption
    assert security.get_tls_config_for_role("client")["key"] == str(tmp_path / "key.pem")
