"""The commands of ``veigo``, one module each; ``veigo/cli.py`` registers them."""
