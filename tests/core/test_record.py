"""Names in records: paths that stay inside their directory."""

import pytest
from pydantic import ValidationError

from ct_retrain.core.record import FileRef


@pytest.mark.parametrize("path", ["a", "a/b", "./a", "a//b", "a/./b", "..a/b", "a..", "a/"])
def test_a_path_inside_its_directory_is_taken_as_it_is(path: str) -> None:
    assert FileRef(path=path, sha256="0" * 64, size=1).path == path


@pytest.mark.parametrize("path", ["", ".", "./", "/", "/a", "//a", "..", "../a", "a/..", "a/../b"])
def test_a_path_that_leads_out_or_names_nothing_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match="not a relative path inside its directory"):
        FileRef(path=path, sha256="0" * 64, size=1)
