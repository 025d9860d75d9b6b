"""What a user would pick in place of the outbox: a task for each postback, on three task queues."""
