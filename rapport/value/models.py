"""The nouns of worth: a fit of the models, with all it has to say for itself. What it says of each customer lies in a file beside."""

from django.db import models


class Fit(models.Model):
    """One valuation of the whole base."""

    id = models.AutoField(primary_key=True)
    as_of = models.DateField()  # the last day of observation
    horizon_days = models.PositiveIntegerField()
    model = models.CharField(max_length=31)
    customers = models.PositiveIntegerField()
    made_us = models.BigIntegerField()
    report = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["horizon_days", "made_us"], name="newest_fit")]
