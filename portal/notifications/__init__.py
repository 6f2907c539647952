"""E-mails to residents about their reports, and to those who follow a case."""
