"""`python -m salesstatus`."""

from salesstatus.cli import run

if __name__ == "__main__":
    run()
