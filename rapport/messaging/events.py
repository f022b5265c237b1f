"""The facts of mail, as the Segment spec names them: what was sent to a person, and what they did with it."""

from rapport.events.catalogue import declare, prop

EMAIL_SENT, EMAIL_DELIVERED, EMAIL_BOUNCED = "Email Sent", "Email Delivered", "Email Bounced"
EMAIL_OPENED, EMAIL_CLICKED = "Email Opened", "Email Link Clicked"
MARKED_AS_SPAM = "Email Marked as Spam"
OPENED_BY_MACHINE, CLICKED_BY_MACHINE = "Email Opened by Machine", "Email Link Clicked by Machine"

_EMAIL = (prop("email_id", "text"), prop("email_subject", "text"), prop("campaign_id", "text"), prop("campaign_name", "text"))
_LINK = (prop("link_id", "text"), prop("link_url", "text"))

declare(EMAIL_SENT, "to", *_EMAIL)  # done to the person: `did anything` means none of them
declare(EMAIL_DELIVERED, "to", *_EMAIL)
declare(EMAIL_BOUNCED, "to", *_EMAIL, prop("bounce_type", "text"), prop("reason", "text"))
declare(EMAIL_OPENED, "by", *_EMAIL)
declare(EMAIL_CLICKED, "by", *_EMAIL, *_LINK)
declare(MARKED_AS_SPAM, "by", *_EMAIL)
declare(OPENED_BY_MACHINE, "machine", *_EMAIL)  # scanners and previewers: counted apart, so that a rule on opens means people
declare(CLICKED_BY_MACHINE, "machine", *_EMAIL, *_LINK)
