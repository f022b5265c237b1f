"""Staff: who may sign in, what each role may do, and the record of who read or changed what. Customers are not here."""
