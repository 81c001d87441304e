"""How Sphinx builds the site: ``python -m sphinx docs build/site`` (see CONTRIBUTING.md)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "site"))

import placewise

project = "Placewise"
author = "The Placewise founders"
copyright = author  # noqa: A001, its name there
release = version = placewise.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "building",
]
root_doc = "index"
exclude_patterns = ["**/templates/**", "examples/**", "site/**"]

# The pages read well where the repository is shown, too: links lead to files, headings have the anchors of GitHub.
myst_heading_anchors = 5
nb_execution_mode = "cache"  # notebooks are texts without output; what has not changed is not run again
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # nothing comes from the network
suppress_warnings = ["myst.header"]  # a page may begin below its section's level

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90
add_module_names = False
toc_object_entries = False

smartquotes = False  # "--option" in a sentence keeps both of its dashes

html_theme = "pydata_sphinx_theme"
html_title = "Placewise"
html_static_path = ["site/static"]
html_css_files = ["placewise.css"]
html_js_files = ["placewise.js"]
html_context = {"default_mode": "auto"}
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_sidebars: dict[str, list[str]] = {"index": [], "project/*": [], "tutorial/*": []}
html_theme_options = {
    "logo": {"text": "Placewise"},
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 6,
    "header_dropdown_text": "Project",
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "search_bar_text": "Search",
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "secondary_sidebar_items": ["page-toc"],
}
copybutton_exclude = ".linenos, .gp, .go"
