"""The watch: notices what is wrong before a creator does, tells the merchant once, and says when it is over.

`facts` reads, `rules` judge, `alerts` remember, `letters` tell; `rounds` has it done now and then, never in a checkout.
"""
