"""Asking other machines, with an end in sight: one deadline for every byte of an exchange."""
