"""The record's shape is the one its migrations build, on both databases."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_noun_changed_without_a_migration() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
