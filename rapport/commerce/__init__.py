"""What was bought: products and orders as the shop last told us, folded from the log, and the rates of currencies.

It owns no prices of ours and takes no payment: a card is a method and four digits.
"""
