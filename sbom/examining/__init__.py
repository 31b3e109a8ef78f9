"""Binaries examined: what is in them held against what is said of them, or asked where it is from.

``claims`` are what is said, ``verdicts`` what evidence says to that, ``identify`` what a folder
was built from by evidence alone, ``guests`` what nobody knew of; ``told`` puts it in words.
"""
