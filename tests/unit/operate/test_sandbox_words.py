from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from cpctl.errors import CpctlError
from cpctl.operate import binaries
from cpctl.operate.sandbox import _SETTINGS, _Cluster


def _installation(version: str) -> binaries.Installation:
    return binaries.Installation(version, Path("/b"), Path("/l"), Path("/s"))


def test_versions_sort_as_people_count() -> None:
    rising = ["9.6.24", "15.2", "15.18", "16beta1", "16rc1", "16.0", "17.1"]
    ages = [_installation(version).age for version in rising]
    assert ages == sorted(ages)


def test_a_version_is_asked_for_whole_or_by_its_major() -> None:
    wanted = ("", "15", "15.18", "15.1", "1", "17", "15.180")
    assert [one for one in wanted if binaries.is_version("15.18", one)] == ["", "15", "15.18"]


@pytest.mark.parametrize("version", ["latest", "v17", "x17.", "two;17"])
def test_what_is_no_version_is_refused_before_anything_is_looked_for(version: str) -> None:
    with pytest.raises(CpctlError, match="is no version of PostgreSQL") as caught:
        binaries.find("", version, ())
    assert caught.value.fault.remedy == "write 17, or 15.18"


def test_the_url_names_the_directory_of_the_socket() -> None:
    cluster = _Cluster(Path("/base"), Path("/run/cp ctl%/ä"), Path("/b"), "15.18")
    url = cluster.sandbox().url
    host = urlsplit(url).netloc.removeprefix("postgres@").removesuffix(":5432")
    assert "/" not in host
    assert unquote(host) == "/run/cp ctl%/ä"
    assert urlsplit(url).path == "/postgres"


def test_the_server_listens_nowhere_but_on_its_socket() -> None:
    lines = _SETTINGS.format(port=1, sockets="/run/x").splitlines()
    assert "listen_addresses = ''" in lines
    assert "unix_socket_directories = '/run/x'" in lines
    assert "cron.host = '/run/x'" in lines
