"""Small tools of the book: what the Makefile and the tests call."""
