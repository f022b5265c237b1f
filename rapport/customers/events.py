"""The facts about who customers are and what they agreed to."""

from rapport.events.catalogue import IDENTIFY, declare, prop

CONSENT_GIVEN, CONSENT_WITHDRAWN, UNSUBSCRIBED = "Consent Given", "Consent Withdrawn", "Unsubscribed"
ADDRESS_SUPPRESSED, SUPPRESSION_LIFTED = "Address Suppressed", "Suppression Lifted"
CUSTOMERS_JOINED, CUSTOMERS_PARTED = "Customers Joined", "Customers Parted"
CUSTOMER_ERASED = "Customer Erased"
LOAD_TAKEN_BACK, RATE_APPLIED = "Load Taken Back", "Rate Applied"
CONSENT_FACTS = (CONSENT_GIVEN, CONSENT_WITHDRAWN, UNSUBSCRIBED)

declare(
    IDENTIFY,
    "machine",  # being told who somebody is, is no act of theirs
    prop("email", "text"),
    prop("phone", "text"),
    prop("name", "text"),
    prop("first_name", "text"),
    prop("last_name", "text"),
    prop("birthday", "date"),
    prop("country", "text"),
    prop("region", "text"),
    prop("city", "text"),
    prop("postal_code", "text"),
    prop("latitude", "number"),
    prop("longitude", "number"),
    prop("created_at", "time"),
    prop("membership_number", "text"),
    *(prop(name, "number") for name in ("value.next_12_months", "value.next_12_months_low", "value.next_12_months_high", "value.past")),
    prop("churn.probability", "number"),
    prop("rhythm.days", "number"),
    prop("next_contact.due", "date"),
    prop("recommended.products", "text", many=True),
    prop("silo", "text"),
)
declare("Alias", "machine")
declare("Group", "machine")
declare(
    "Page Viewed", "by", prop("name", "text"), prop("category", "text"), prop("path", "text"), prop("url", "text"), prop("title", "text")
)
declare("Screen Viewed", "by", prop("name", "text"), prop("category", "text"))
declare(CONSENT_GIVEN, "by", prop("channel", "text"), prop("purpose", "text"), prop("source", "text"))
declare(CONSENT_WITHDRAWN, "by", prop("channel", "text"), prop("purpose", "text"), prop("source", "text"))
declare(UNSUBSCRIBED, "by", prop("channel", "text"), prop("purpose", "text"), prop("email_id", "text"))
declare(ADDRESS_SUPPRESSED, "machine", prop("channel", "text"), prop("address", "text"), prop("reason", "text"))
declare(SUPPRESSION_LIFTED, "machine", prop("channel", "text"), prop("address", "text"))
declare(CUSTOMERS_JOINED, "machine", prop("from", "number"), prop("into", "number"))
declare(CUSTOMERS_PARTED, "machine", prop("customer", "number"))
declare(CUSTOMER_ERASED, "machine", prop("customer", "number"))
declare(LOAD_TAKEN_BACK, "machine", prop("load_id", "number"))
declare(RATE_APPLIED, "machine")
