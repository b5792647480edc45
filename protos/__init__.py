"""The contracts of the services; the Python code beside them is made from them when the package is built."""
