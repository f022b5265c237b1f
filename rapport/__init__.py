"""Rapport, a CRM a company runs itself: one profile and one log for each customer."""
