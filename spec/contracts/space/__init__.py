"""The contract `space`: address spaces in two dialects, that of Windows and that of Linux."""
