"""Static files under names made of their content, so that browsers may keep them for ever."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class AssetStorage(CompressedManifestStaticFilesStorage):
    """Also the imports between modules are renamed: a page never mixes two versions of a script."""

    support_js_module_import_aggregation = True
