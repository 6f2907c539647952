"""Messages out: reports to the cities' work-order systems, and e-mails to residents."""
