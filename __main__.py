"""`python -m pagelaw` and the command `pagelaw`."""

from pagelaw.checker.command import main

if __name__ == "__main__":
    main()
