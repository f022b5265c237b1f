"""The nouns of trade: a product, a branch, an order as it stands now, the rate of a currency on a day."""

from django.db import models


class Product(models.Model):
    """A thing the shop sells, as it last told us."""

    id = models.AutoField(primary_key=True)
    sku = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=255, default="", blank=True)
    url = models.CharField(max_length=2000, default="", blank=True)
    image = models.CharField(max_length=2000, default="", blank=True)
    price = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    cost = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    stock = models.IntegerField(null=True)
    load_id = models.IntegerField(null=True)
    updated_us = models.BigIntegerField()


class Branch(models.Model):
    """A place where the company can be visited, as a file last told us."""

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    latitude = models.FloatField()  # degrees north, -90 to 90
    longitude = models.FloatField()  # degrees east, -180 to 180
    load_id = models.IntegerField(null=True)
    updated_us = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180), name="branch_on_earth"
            )
        ]


class Order(models.Model):
    """An order folded from its facts; its lines are in the fact `content_event_id` names."""

    id = models.BigAutoField(primary_key=True)
    order_id = models.CharField(max_length=255, unique=True)
    customer_id = models.IntegerField(null=True)  # as recorded; read it through aliases
    content_event_id = models.BigIntegerField(null=True)  # newest "Order Completed" or "Order Updated"
    content_us = models.BigIntegerField(null=True)  # that fact's own time: newest wins
    completed_us = models.BigIntegerField(null=True)  # NULL: only a refund or a cancellation came so far
    cancelled_us = models.BigIntegerField(null=True)
    refunded_us = models.BigIntegerField(null=True)  # of the newest refund
    shipped_us = models.BigIntegerField(null=True)
    revenue_e6 = models.BigIntegerField(null=True)  # in `currency`, x 10^6
    refunded_e6 = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="", blank=True)
    tracking = models.CharField(max_length=255, default="", blank=True)
    payment_method = models.CharField(max_length=63, default="", blank=True)
    payment_last4 = models.CharField(max_length=4, default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer_id", "completed_us"], name="order_of_customer")]


class Rate(models.Model):
    """What one unit of a currency was worth in the company's currency on a day. Kept with facts, so never changed."""

    id = models.AutoField(primary_key=True)
    day = models.DateField()
    currency = models.CharField(max_length=3)
    rate_e9 = models.BigIntegerField()
    load_id = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="one_rate_per_day"),
            models.CheckConstraint(condition=models.Q(rate_e9__gt=0), name="rate_above_zero"),
        ]


class CompanyCurrency(models.Model):
    """The currency everything is compared in: that of the first money fact, unless the settings name one. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    code = models.CharField(max_length=3)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_company_currency")]
