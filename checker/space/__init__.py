"""The judges of managers of address spaces."""
