"""What ships inside CPython for Windows: from get_externals.bat to SPDX documents."""

__version__ = "0.1.0"
