"""Designs that try to pass without being right, and the testbenches they are tried with."""
