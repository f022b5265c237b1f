"""The nouns of who: a customer, what they are known by, what they agreed to, which addresses are dead."""

from django.db import models

EVERYONE = models.Q(known=True, merged_into__isnull=True, erased_us__isnull=True)


class Customer(models.Model):
    """One person as we know them. Ids are dense, positive 32-bit integers, never used again."""

    id = models.AutoField(primary_key=True)
    known = models.BooleanField(default=False)  # by more than an anonymous id
    merged_into = models.IntegerField(null=True)  # an alias: read that customer instead; always a root, never a chain
    erased_us = models.BigIntegerField(null=True)
    created_us = models.BigIntegerField()  # own time of the fact that brought them
    load_id = models.IntegerField(null=True)  # the load that brought them
    traits = models.TextField(default="{}")  # JSON: {trait: [value, own time in µs]}, newest own time wins
    name = models.CharField(max_length=255, default="", blank=True)  # for lists and search
    email = models.CharField(max_length=254, default="", blank=True)  # lower case
    phone = models.CharField(max_length=32, default="", blank=True)  # E.164

    class Meta:
        indexes = [
            models.Index(fields=["merged_into"], name="alias_of_customer", condition=models.Q(merged_into__isnull=False)),
            models.Index(fields=["email"], name="customer_by_email", opclasses=["varchar_pattern_ops"]),  # found by its beginning as well
            models.Index(fields=["name"], name="customer_by_name"),
            # Lists and counts pass over visitors and aliases. The condition's columns stand in it: SQLite counts by the index alone.
            models.Index(fields=["id", "known", "merged_into", "erased_us"], name="customer_of_everyone", condition=EVERYONE),
        ]


class Identifier(models.Model):
    """What a customer is found by. An anonymous id may pass from one to another: a row for each, with the time it began."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=63)  # user_id, email, phone, membership_number, anonymous_id, or id:<source>
    value = models.CharField(max_length=255)
    customer_id = models.IntegerField(db_index=True)  # as linked; read it through aliases
    since_us = models.BigIntegerField(default=0)  # own time of the identify; 0 for all but anonymous ids
    load_id = models.IntegerField(null=True)

    class Meta:
        # The value stands first, for a search knows it without its kind.
        constraints = [models.UniqueConstraint(fields=["value", "kind", "since_us"], name="identifier_of_one_customer")]


class Consent(models.Model):
    """The newest word of a customer on being written to; its proof is the fact it names."""

    id = models.BigAutoField(primary_key=True)
    customer_id = models.IntegerField()
    channel = models.CharField(max_length=31)
    purpose = models.CharField(max_length=63, default="marketing")
    given = models.BooleanField()
    time_us = models.BigIntegerField()
    event_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer_id", "channel", "purpose"], name="one_consent_per_purpose")]


class Suppression(models.Model):
    """An address nothing more is sent to, whoever it belongs to."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=31)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=255)
    since_us = models.BigIntegerField()
    event_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="one_suppression_per_address")]
