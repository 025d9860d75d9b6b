"""URLs as Aspire shows them."""

QUERY = "offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"
PASTED = f"https://get.aspr.app/aff_lsr?{QUERY}"
