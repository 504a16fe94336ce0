"""Commands of the command line: what each promises."""
