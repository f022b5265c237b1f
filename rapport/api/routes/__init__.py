"""The resources, one file a noun: each route reads its words, calls one verb or question, and answers in a shape."""
