"""The options of each verb as values: one module and one frozen class for each.

``arguments`` declares a field and the argument that fills it in one line, ``verb`` says what a
verb does, ``parser`` makes both a command line. Nothing here reads a file, so that ``--help``
answers at once.
"""
