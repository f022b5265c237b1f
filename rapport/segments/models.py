"""The nouns of segmentation: a rule with a name, and an amount with a name."""

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
