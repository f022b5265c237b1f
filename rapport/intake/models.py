"""The nouns of the doors: sources and their keys, loads of files, what was set aside."""

from django.db import models


class Source(models.Model):
    """Where facts come from: a shop, a till, a web site, a file."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=63, unique=True)


class WriteKey(models.Model):
    """Opens the HTTP door for one source. A browser key lies open in a page, so it may say less."""

    key = models.CharField(max_length=63, primary_key=True)
    source = models.ForeignKey(Source, models.CASCADE, related_name="keys")
    browser = models.BooleanField(default=False)
    created_us = models.BigIntegerField()
    revoked_us = models.BigIntegerField(null=True)


class LoadState(models.TextChoices):
    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    STOPPED = "stopped", "stopped"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    TAKING_BACK = "taking_back", "being taken back"
    TAKEN_BACK = "taken_back", "taken back"


class Load(models.Model):
    """One file on its way in: a long job with progress, that can be stopped, resumed and taken back."""

    id = models.AutoField(primary_key=True)
    path = models.CharField(max_length=4096)
    name = models.CharField(max_length=255)
    kind = models.CharField(max_length=31)  # events, customers, orders, products, branches, rates, suppressions
    source = models.ForeignKey(Source, models.PROTECT, related_name="loads")
    options = models.JSONField(default=dict)  # map, map_value, currency, timezone, anonymous, encoding
    fingerprint = models.CharField(max_length=64)  # of file and options: a stopped load goes on where it was
    state = models.CharField(max_length=11, choices=LoadState, default=LoadState.WAITING)
    stop_asked = models.BooleanField(default=False)
    done_units = models.BigIntegerField(default=0)  # how far it came, in units of its plan
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)  # the answer so far
    reject_file = models.CharField(max_length=4096, default="", blank=True)
    error = models.TextField(default="", blank=True)
    by = models.CharField(max_length=254, default="", blank=True)
    created_us = models.BigIntegerField()
    beat_us = models.BigIntegerField(null=True)  # a running load says so now and then
    finished_us = models.BigIntegerField(null=True)


class LoadUndo(models.Model):
    """What a row was before a load changed it, so that the load can be taken back."""

    id = models.BigAutoField(primary_key=True)
    load = models.ForeignKey(Load, models.CASCADE, related_name="undo")
    kind = models.CharField(max_length=31)
    key = models.CharField(max_length=255)
    before = models.JSONField(null=True)  # NULL: it was not there

    class Meta:
        constraints = [models.UniqueConstraint(fields=["load", "kind", "key"], name="undo_once_per_row")]


class Reject(models.Model):
    """A fact that could not be taken, with its reason. Never holds the value of a field that looked like a card number."""

    id = models.BigAutoField(primary_key=True)
    at_us = models.BigIntegerField(db_index=True)
    source_id = models.IntegerField(null=True)
    load_id = models.IntegerField(null=True, db_index=True)
    line = models.BigIntegerField(null=True)
    message_id = models.CharField(max_length=255, default="", blank=True)
    field = models.CharField(max_length=255, default="", blank=True)
    reason = models.CharField(max_length=500)
    excerpt = models.CharField(max_length=500, default="", blank=True)
