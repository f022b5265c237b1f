"""What the figures of a fit are called as traits, and where the cells of its matrix end: what rules, pages and the fit agree on."""

CHURN_DAYS = 90  # the horizon of `churn.probability`
CHURN_EDGES = (0.2, 0.4, 0.6, 0.8)  # of the matrix' columns: the chance to buy nothing within the churn horizon
TOLD = ("value.", "churn.", "rhythm.", "next_contact.", "silo", "recommended.")  # how traits begin that a fit tells
PARTS = (0.10, 0.20)  # of its rows: the best part of all customers


def trait_names(horizon_days: int) -> dict[str, str]:
    """The trait that each told column becomes."""
    ahead = "value.next_12_months" if horizon_days == 365 else f"value.next_{horizon_days}_days"
    return {
        "told_value": ahead,
        "told_low": f"{ahead}_low",
        "told_high": f"{ahead}_high",
        "told_past": "value.past",
        "told_churn": "churn.probability",
        "told_rhythm": "rhythm.days",
        "told_change": "rhythm.change",
        "told_due": "next_contact.due",
        "told_level": "silo",
    }
