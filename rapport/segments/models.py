"""The nouns of segmentation: a rule with a name, an amount with a name, a list of people with a name."""

from django.db import models


class Segment(models.Model):
    """A saved rule. Who it means is a kept set, brought up to date by each refresh; asked anew, the answer is the same."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    rule = models.TextField()  # canonical text
    by = models.CharField(max_length=254, default="", blank=True)
    created_us = models.BigIntegerField()
    updated_us = models.BigIntegerField()
    told = models.BooleanField(default=False)  # who enters and leaves is a fact in the log: something listens


class NamedMeasure(models.Model):
    """`spend := sum(revenue) of "Order Completed"`: from then on a trait like any other."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    definition = models.TextField()  # canonical text
    by = models.CharField(max_length=254, default="", blank=True)
    created_us = models.BigIntegerField()


class Refresh(models.Model):
    """The moment and the place of the log that all kept sets are true for. One row; how far the log was read is a cursor beside it."""

    id = models.AutoField(primary_key=True)
    moment_us = models.BigIntegerField()
    everyone = models.IntegerField()  # how many there were
    seconds = models.FloatField()
    whole = models.CharField(max_length=255, default="", blank=True)  # why everybody was asked, where they were


class KeptSet(models.Model):
    """A set as the last refresh left it: everyone, a condition, a segment, a silo. `whole` with `change` turned over is the set."""

    id = models.AutoField(primary_key=True)
    key = models.CharField(max_length=80, unique=True)  # "everyone", "leaf:…" by its text's digest, "segment:12", "silo:3"
    meaning = models.CharField(max_length=64)  # digest of all that its names stand for: with another one it is asked anew
    whole = models.BinaryField()  # a serialised roaring bitmap
    change = models.BinaryField()  # who is in one of whole and the set, not in both; small, so that a refresh writes little
    people = models.IntegerField()


class KeptDay(models.Model):
    """A set as it stood at the end of a company day. Record, not knowledge: nothing makes it again."""

    id = models.AutoField(primary_key=True)
    key = models.CharField(max_length=80)
    day = models.DateField()
    is_whole = models.BooleanField()  # else what changed against the day kept before
    ids = models.BinaryField()
    people = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "day"], name="set_once_a_day")]


class UploadedList(models.Model):
    """Those a file named, found by what they are known by. A rule asks `in list "VIPs"`."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    ids = models.BinaryField()  # a roaring bitmap of customer ids as recorded; read it through aliases
    rows = models.IntegerField()  # lines that said something: those known and those unknown
    known = models.IntegerField()
    unknown = models.IntegerField()  # in the reject file, each with its reason
    reject_file = models.CharField(max_length=4096, default="", blank=True)
    by = models.CharField(max_length=254, default="", blank=True)
    created_us = models.BigIntegerField()  # when it was uploaded, or uploaded anew
