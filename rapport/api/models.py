"""The nouns of the machine API: a token, and the answer kept for a write that may come again."""

from django.db import models


class Token(models.Model):
    """Lets a program in for some scopes. Only the hash of its secret is kept; its prefix is what people see."""

    id = models.AutoField(primary_key=True)
    prefix = models.CharField(max_length=12, unique=True)  # rpt_ab12cd34
    secret_hash = models.CharField(max_length=64)  # SHA-256 of the whole token, which is long and random
    name = models.CharField(max_length=50)
    scopes = models.JSONField(default=list)
    by = models.CharField(max_length=254)
    created_us = models.BigIntegerField()
    last_used_us = models.BigIntegerField(null=True)  # to the minute
    revoked_us = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=models.Q(revoked_us__isnull=True), name="one_token_in_use_per_name")
        ]

    @property
    def actor(self) -> str:
        """How the trail of reads and changes names it: never to be taken for a member of staff."""
        return f"token {self.name}"

    def may(self, scope: str) -> bool:
        return self.revoked_us is None and scope in self.scopes


class KeptAnswer(models.Model):
    """The first outcome of a write under an idempotency key, kept in the transaction that did it."""

    id = models.BigAutoField(primary_key=True)
    token = models.ForeignKey(Token, models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, address and body
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="", blank=True)
    at_us = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_outcome_per_key")]
