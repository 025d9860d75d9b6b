"""Affiliate tracking for Django shops on Aspire: from a creator's link to a logged postback."""
