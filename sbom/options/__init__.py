"""The verbs and their options as values.

``arguments`` declares a field and the argument that fills it in one line, ``verbs`` has one frozen
class and one row for each verb, ``parser`` makes both a command line. Nothing here reads a file, so
that ``--help`` answers at once.
"""
