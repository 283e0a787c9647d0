"""The page-table specification as a machine: its steps, where its laws are asked, and its tables as a picture."""
