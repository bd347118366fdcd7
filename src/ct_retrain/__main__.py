"""`python -m ct_retrain`: the same as the `ct-retrain` command."""

from ct_retrain.cli import main

if __name__ == "__main__":
    main()
