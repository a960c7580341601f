"""The HTML pages: one domain function each, then a template. They work without any script."""
