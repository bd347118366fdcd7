"""Designs that try to pass without being right, and the testbenches that they are tried under."""
