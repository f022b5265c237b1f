"""The noun of campaigns: one message to everyone a rule means at the moment it starts."""

from django.db import models


class CampaignState(models.TextChoices):
    DRAFT = "draft", "draft"
    STARTED = "started", "started"  # its people are being found and written down
    FILLED = "filled", "filled"  # everyone has a row; its mailing tells the rest


class Campaign(models.Model):
    """Who it is for is a rule while it is a draft, and a frozen set of people from its start on."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    state = models.CharField(max_length=7, choices=CampaignState, default=CampaignState.DRAFT)
    rule = models.TextField()  # canonical text; of a saved segment it is a copy made at the start
    segment = models.CharField(max_length=255, default="", blank=True)  # the saved segment it was chosen by, if so
    template_id = models.IntegerField()
    version_id = models.IntegerField(null=True)  # fixed at the start
    mailing_id = models.BigIntegerField(null=True)
    members = models.BinaryField(null=True)  # a roaring bitmap of customer ids, frozen at the start
    people = models.IntegerField(null=True)
    filled_after = models.IntegerField(default=0)  # everyone up to this customer id has a row
    trouble = models.CharField(max_length=255, default="", blank=True)  # why its people could not be found
    by = models.CharField(max_length=254, default="", blank=True)
    created_us = models.BigIntegerField()
    started_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state"], name="campaign_by_state")]
