"""The records of the house flow in; lines for a person at a terminal flow out, in zh or en.

:mod:`rag.cli` holds the commands; here is how they speak: texts, usage, layout, printing.
"""
