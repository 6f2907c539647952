"""Who on the city's staff is who: accounts, passwords with a second factor, sessions."""
