"""The tests' own ground: they never touch an installation of yours."""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection


def test_tests_live_in_a_folder_of_their_own() -> None:
    assert Path(os.environ["RAPPORT_TEST_BASE"]) in settings.DATA_DIR.parents


@pytest.mark.django_db
def test_tests_use_a_database_of_their_own() -> None:
    assert "test" in str(connection.settings_dict["NAME"])
