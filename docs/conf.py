"""Sphinx configuration."""

project = "Zaqar, API first"
copyright = "the Zaqar API-first team"
extensions = ["sphinx.ext.autosectionlabel"]
autosectionlabel_prefix_document = True
html_theme = "alabaster"
exclude_patterns = ["_build"]
nitpicky = True
