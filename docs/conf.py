"""Sphinx configuration."""

project = "Zaqar, API first"
copyright = "the Zaqar API-first team"
extensions = ["oslo_config.sphinxext", "sphinx.ext.autosectionlabel"]
autosectionlabel_prefix_document = True
html_theme = "alabaster"
exclude_patterns = ["_build"]
nitpicky = True
