"""The nouns of the log: kinds of facts, their properties, the facts, and how far each follower has read."""

from django.db import models


class Done(models.TextChoices):
    """Who acted. `anything` in a rule means by the person."""

    BY = "by", "by the person"
    TO = "to", "to the person"
    MACHINE = "machine", "by a machine"


class EventType(models.Model):
    """One kind of fact, by its name in the Segment spec or in that style."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    table = models.CharField(max_length=63, unique=True)  # in the warehouse: the name in snake case, made unique
    done = models.CharField(max_length=7, choices=Done, default=Done.BY)
    declared = models.BooleanField(default=False)  # by a room; False: learned from traffic
    facts = models.BigIntegerField(default=0)  # as far as the catalogue has read


class Kind(models.TextChoices):
    TEXT = "text", "text"
    NUMBER = "number", "number"
    MONEY = "money", "money"
    BOOLEAN = "boolean", "true or false"
    DATE = "date", "date"
    TIME = "time", "time"
    LIST = "list", "list of things"  # of objects; its elements' properties are rows of their own


class Property(models.Model):
    """One typed property of a kind of fact. The properties of "Identify" are the traits."""

    id = models.AutoField(primary_key=True)
    event_type = models.ForeignKey(EventType, models.CASCADE, related_name="properties")
    path = models.CharField(max_length=255)  # dotted from the top: "score", "address.city", "products.sku"
    kind = models.CharField(max_length=7, choices=Kind)
    many = models.BooleanField(default=False)  # a list of plain values
    list_path = models.CharField(max_length=255, default="", blank=True)  # the list of objects it is an element's property of
    column = models.CharField(max_length=63)  # in the warehouse; unique without regard to case within its table
    declared = models.BooleanField(default=False)
    misfits = models.BigIntegerField(default=0)  # values of another type: kept, unknown to rules

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event_type", "path"], name="property_once_per_event_type"),
            models.UniqueConstraint(fields=["event_type", "list_path", "column"], name="column_once_per_table"),
        ]


class Event(models.Model):
    """A fact. Written once; taken away only with the load it came by, or by erasure.

    On PostgreSQL the table has one more column, `tx xid8`, the transaction that wrote the row: readers follow (tx, id).
    """

    id = models.BigAutoField(primary_key=True)
    message_id = models.CharField(max_length=255, unique=True)  # any text; remembered for good
    event_type_id = models.IntegerField()
    customer_id = models.IntegerField(null=True)  # as recorded; read it through aliases. NULL: nobody's
    time_us = models.BigIntegerField()  # own time
    received_us = models.BigIntegerField()
    source_id = models.IntegerField(null=True)
    load_id = models.IntegerField(null=True)
    rate_e9 = models.BigIntegerField(null=True)  # to the company's currency, x 10^9; NULL: none needed, 0: none known
    payload = models.TextField()  # JSON: {"properties" or "traits", "context", "userId", "anonymousId", ...}

    class Meta:
        indexes = [models.Index(fields=["customer_id", "time_us"], name="event_of_customer")]


class UnratedEvent(models.Model):
    """A fact with an amount in a currency that had no rate for its day when it came."""

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="+")
    day = models.DateField()
    currency = models.CharField(max_length=3)

    class Meta:
        indexes = [models.Index(fields=["currency", "day"], name="unrated_by_day")]


class Cursor(models.Model):
    """How far a follower of the log has read: moved in the same commit as what it did."""

    name = models.CharField(max_length=63, primary_key=True)
    tx = models.BigIntegerField(default=0)  # always 0 on SQLite
    event_id = models.BigIntegerField(default=0)
