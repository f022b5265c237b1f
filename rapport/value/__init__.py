"""What each customer is worth: how often they will buy, for how much, until when, and how sure that is."""
