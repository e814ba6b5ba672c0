"""Field tests: see __main__.py."""
