"""One mailing to many: who is meant, what it says, when it started, how it went. How a message leaves is `messaging`'s."""
