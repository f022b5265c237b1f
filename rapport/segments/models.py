"""The nouns of segmentation: rules, amounts and lists with names, the sets kept of them, schemes of silos with their reviews."""

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


class Parameter(models.Model):
    """A number of the business that silo rules name as `$lapsed_after`; changed without touching the rules."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=63, unique=True)
    number = models.CharField(max_length=63)  # as a rule would write it: exact
    unit = models.CharField(max_length=63, default="", blank=True)  # words for people: "days"
    by = models.CharField(max_length=254, default="", blank=True)
    updated_us = models.BigIntegerField()


class Scheme(models.Model):
    """A partition of everyone by ordered rules: the first that holds wins, the rest are the remainder."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    purpose = models.TextField(default="", blank=True)
    owner = models.CharField(max_length=254)  # mail address of staff
    rhythm = models.IntegerField()
    rhythm_unit = models.CharField(max_length=7, choices=[("day", "day"), ("month", "month")])
    due = models.DateField()  # in the company's calendar
    later_reason = models.TextField(default="", blank=True)  # why the due date was moved last
    remainder = models.CharField(max_length=255)
    version = models.IntegerField(default=1)
    by = models.CharField(max_length=254)
    created_us = models.BigIntegerField()
    updated_us = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(rhythm__gt=0), name="rhythm_goes_on")]


class Silo(models.Model):
    """One rule of a scheme: whom it means, less those of the rules before it."""

    id = models.AutoField(primary_key=True)
    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="silos")
    place = models.IntegerField()
    name = models.CharField(max_length=255)
    rule = models.TextField()  # as written, with `$parameters`
    asked = models.TextField()  # canonical text with their numbers; made anew when one changes

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "name"], name="silo_named_once"),
            models.UniqueConstraint(fields=["scheme", "place"], name="silo_has_its_place"),
        ]


class SchemeVersion(models.Model):
    """What a scheme was from then on. Written once."""

    id = models.AutoField(primary_key=True)
    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="versions")
    version = models.IntegerField()
    at_us = models.BigIntegerField()
    by = models.CharField(max_length=254)
    remainder = models.CharField(max_length=255)
    silos = models.JSONField()  # [{name, rule}], in order
    why = models.CharField(max_length=255, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "version"], name="scheme_version_once")]


class Review(models.Model):
    """A look at a scheme at one moment, to be decided on silo by silo."""

    id = models.AutoField(primary_key=True)
    scheme = models.ForeignKey(Scheme, models.CASCADE, related_name="reviews")
    opened_us = models.BigIntegerField()  # the moment its figures are of
    due = models.DateField()
    by = models.CharField(max_length=254)
    version = models.IntegerField()  # of the scheme it looks at
    remainder = models.CharField(max_length=255)
    since_us = models.BigIntegerField()  # what it compares with: the review before, or a past moment asked for
    figures = models.JSONField(default=dict)
    finished_us = models.BigIntegerField(null=True)
    finished_by = models.CharField(max_length=254, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme"], condition=models.Q(finished_us=None), name="one_open_review"),
        ]


class Decision(models.Model):
    """What a review decided on a silo, and why. `facts` hold what the deed needs and what it was shown to do."""

    id = models.AutoField(primary_key=True)
    review = models.ForeignKey(Review, models.CASCADE, related_name="decisions")
    silo = models.CharField(max_length=255)
    deed = models.CharField(max_length=7, choices=[(deed, deed) for deed in ("keep", "split", "merge", "retire")])
    reason = models.TextField()
    facts = models.JSONField(default=dict)
    by = models.CharField(max_length=254)
    at_us = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "silo"], name="one_decision_a_silo"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="decision_has_its_reason"),
        ]


class SiloSet(models.Model):
    """Who was in a silo: before the review, as it found it, or as it left it. Dated history is record; ids are those of their day."""

    id = models.AutoField(primary_key=True)
    review = models.ForeignKey(Review, models.CASCADE, related_name="sets")
    time = models.CharField(max_length=7, choices=[(time, time) for time in ("before", "found", "left")])
    place = models.IntegerField()
    name = models.CharField(max_length=255)
    ids = models.BinaryField()  # a serialised roaring bitmap
    people = models.IntegerField()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["review", "time", "name"], name="silo_set_once")]


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
