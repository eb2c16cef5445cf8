"""The evidence of a case: what a client has signed, in a file that can be checked without this program."""
