"""What each verb does: inputs read, values passed along, results printed or written.

One module for each verb, imported when it is asked for: ``run(arguments, environment)`` returns
the exit status and raises SbomError for what stops it.
"""
