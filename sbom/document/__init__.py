"""Components and files to SPDX 2.3 documents, and documents cut from documents.

The package takes the time of creation as an argument and reads nothing. ``packages`` is, with
``sbom.judging.validation``, the only importer of spdx_tools.
"""
