"""Departure delays of New York flights against the weather at the hour of departure."""
