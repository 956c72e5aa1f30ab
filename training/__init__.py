"""The recipe that makes the embedded model from public text; see README.md."""
