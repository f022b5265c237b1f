"""Files on their way in: readers that never trust a byte, one kind of row a file, and the loop that loads them.

A file is read row by row, a row is checked and turned into facts, and facts go through `receive` in batches, each a
transaction that moves the load's progress with it. Nothing here holds a whole file in memory.
"""
