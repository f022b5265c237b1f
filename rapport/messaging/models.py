"""The nouns of mail: a template and its versions, a mailing, one row per person and occasion, and how people answered."""

from django.db import models


class Purpose(models.TextChoices):
    """Marketing needs consent and can be left; transactional answers something the person did."""

    MARKETING = "marketing", "marketing"
    TRANSACTIONAL = "transactional", "transactional"


class Template(models.Model):
    """What a marketer writes. What was sent is kept as versions, so that a change never rewrites the past."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    purpose = models.CharField(max_length=13, choices=Purpose, default=Purpose.MARKETING)
    created_us = models.BigIntegerField()
    updated_us = models.BigIntegerField()
    by = models.CharField(max_length=254, default="", blank=True)


class Version(models.Model):
    """One state of a template, checked and compiled. Written once."""

    id = models.AutoField(primary_key=True)
    template = models.ForeignKey(Template, models.PROTECT, related_name="versions")
    number = models.IntegerField()
    subject = models.TextField()  # Liquid
    mjml = models.TextField()  # Liquid in MJML, as it was written
    own_text = models.TextField(default="", blank=True)  # Liquid; "": the text part is made from the MJML
    html = models.TextField()  # Liquid in HTML, compiled
    text = models.TextField()  # Liquid
    fields = models.JSONField(default=list)  # the traits and measures it names
    created_us = models.BigIntegerField()
    by = models.CharField(max_length=254, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="version_once_per_template")]


class MailingState(models.TextChoices):
    FILLING = "filling", "being filled"  # people are still being added; nothing leaves
    RUNNING = "running", "running"
    PAUSED = "paused", "paused"
    CANCELLED = "cancelled", "cancelled"  # what waits in it never leaves
    DONE = "done", "done"


class Mailing(models.Model):
    """A version on its way to many people, or to one after the other as things happen to them."""

    id = models.BigAutoField(primary_key=True)
    cause = models.CharField(max_length=255, unique=True)  # what it is for: "campaign:7", "template:3"
    name = models.CharField(max_length=255)
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=13, choices=Purpose)
    state = models.CharField(max_length=9, choices=MailingState, default=MailingState.FILLING)
    paused_by = models.CharField(max_length=254, default="", blank=True)
    standing = models.BooleanField(default=False)  # never done: people come one by one
    turn_us = models.BigIntegerField(default=0)  # when a slice was last taken: the one that waited longest is next
    created_us = models.BigIntegerField()
    done_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state"], name="mailing_by_state")]


class MessageState(models.TextChoices):
    WAITING = "waiting", "waiting"
    CLEARED = "cleared", "leaving"  # through the gates, in a courier's slice
    SENT = "sent", "sent"
    UNSURE = "unsure", "unsure"  # the answer to DATA was lost: it may have arrived, and is not repeated
    HELD = "held", "held"
    FAILED = "failed", "failed"


LEFT = (MessageState.CLEARED, MessageState.SENT, MessageState.UNSURE)  # counts as written to
OPEN = (MessageState.WAITING, MessageState.CLEARED)


class Message(models.Model):
    """One message to one person about one occasion: there before anything leaves, and says why it left or did not."""

    id = models.BigAutoField(primary_key=True)
    mailing = models.ForeignKey(Mailing, models.PROTECT, related_name="+")
    customer_id = models.IntegerField()  # as chosen; read it through aliases
    occasion = models.CharField(max_length=255, default="", blank=True)  # of a standing mailing: what happened
    state = models.CharField(max_length=7, choices=MessageState, default=MessageState.WAITING)
    reason = models.CharField(max_length=31, default="", blank=True)  # of a held or failed one
    due_us = models.BigIntegerField(default=0)  # not before
    may_go_us = models.BigIntegerField(null=True)  # of a held one: when nothing would hold it any more, where that can be known
    attempts = models.SmallIntegerField(default=0)
    courier = models.SmallIntegerField(null=True)  # the connection that has it in hand
    address = models.CharField(max_length=254, default="", blank=True)  # where it went
    sent_us = models.BigIntegerField(null=True)
    answer = models.CharField(max_length=255, default="", blank=True)  # the server's last word
    data = models.JSONField(null=True)  # of a transactional one: what its template may name beside the customer

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailing", "customer_id", "occasion"], name="one_message_per_occasion")]
        indexes = [
            # With the id at its end, as slices are taken: a campaign's messages are all due at once, and PostgreSQL would sort what waits.
            models.Index(fields=["mailing", "state", "due_us", "id"], name="message_to_take"),
            models.Index(fields=["customer_id", "sent_us"], name="message_of_customer"),
            models.Index(fields=["courier"], name="message_in_hand", condition=models.Q(courier__isnull=False)),
            models.Index(fields=["mailing", "address"], name="message_by_address", condition=~models.Q(address="")),
        ]


class Leaving(models.Model):
    """How far a courier is in its slice, whose messages leave by rising id: what stands before the one named here has left.

    Small and without an index beside its key, since it is written before each message.
    """

    courier = models.SmallIntegerField(primary_key=True)
    taken_us = models.BigIntegerField()  # when its slice was taken; 0: it has none
    message_id = models.BigIntegerField()  # written before the first byte: after a crash it is in doubt. 0: none yet
    since_us = models.BigIntegerField()


class Target(models.Model):
    """Where links of mails lead. A signed link names a row, never an address."""

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the address
    url = models.TextField()


class TouchKind(models.TextChoices):
    OPEN = "open", "opened"
    CLICK = "click", "clicked"
    UNSUBSCRIBE = "unsubscribe", "unsubscribed"
    BOUNCE = "bounce", "bounced"
    COMPLAINT = "complaint", "complained"


class Touch(models.Model):
    """An answer to a message. It becomes a fact once it is known whether a person or a machine gave it."""

    id = models.BigAutoField(primary_key=True)
    message_id = models.BigIntegerField()
    mailing_id = models.BigIntegerField()
    kind = models.CharField(max_length=11, choices=TouchKind)
    target_id = models.BigIntegerField(null=True)
    at_us = models.BigIntegerField()
    machine = models.BooleanField(null=True)  # NULL: not decided yet
    agent = models.CharField(max_length=255, default="", blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["mailing_id", "kind", "message_id"], name="touch_of_mailing"),
            models.Index(fields=["message_id", "at_us"], name="touch_of_message"),
            models.Index(fields=["at_us"], name="touch_undecided", condition=models.Q(machine__isnull=True)),
        ]
