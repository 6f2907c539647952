"""New cases out: from the outbox to the work-order systems of the cities."""
