"""Questions of journalists and developers: what programs read of public cases."""
