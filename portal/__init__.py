"""What the portal knows: cases, rules, questions and changes."""
