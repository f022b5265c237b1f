"""The nouns of segmentation: a rule with a name and the rules it had before, an amount with a name, a question handed on."""

from django.db import models


class Segment(models.Model):
    """A saved rule. Its members are asked for, not stored, so they are right at any moment."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    rule = models.TextField()  # canonical text
    by = models.CharField(max_length=254, default="", blank=True)
    created_us = models.BigIntegerField()
    updated_us = models.BigIntegerField()


class NamedMeasure(models.Model):
    """`spend := sum(revenue) of "Order Completed"`: from then on a trait like any other."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    definition = models.TextField()  # canonical text
    by = models.CharField(max_length=254, default="", blank=True)
    created_us = models.BigIntegerField()


class SegmentVersion(models.Model):
    """A rule a segment had before it was changed. Gone with its segment."""

    id = models.AutoField(primary_key=True)
    segment = models.ForeignKey(Segment, models.CASCADE, related_name="versions")
    rule = models.TextField()  # canonical text
    by = models.CharField(max_length=254, default="", blank=True)  # who had saved it
    at_us = models.BigIntegerField()  # since when it stood


class SharedQuestion(models.Model):
    """A question too long for an address, kept under a short one. It gives no right: who opens it must be allowed to ask."""

    id = models.AutoField(primary_key=True)
    token = models.CharField(max_length=32, unique=True)
    rule = models.TextField()
    as_of = models.CharField(max_length=64, default="", blank=True)
    by = models.CharField(max_length=254, default="", blank=True)
    at_us = models.BigIntegerField()
