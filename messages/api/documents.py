"""The OpenAPI document, and a page to browse it with."""

from functools import cache
from typing import Any

from csp.constants import NONCE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.response import Response

from messages.api.views import ApiView


@extend_schema(exclude=True)
class SchemaView(ApiView):
    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        return Response(_document())


@extend_schema(exclude=True)
class DocsView(ApiView, SpectacularSwaggerView):
    authentication_classes = ()
    permission_classes = ()
    url_name = "api:schema"
    template_name = "api/docs.html"

    @method_decorator(
        csp_update({"script-src": [NONCE], "style-src": [NONCE], "img-src": ["data:"]})
    )
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Its first lines are written into the page, and its icons are in its styles."""
        return super().dispatch(request, *args, **kwargs)


@cache
def _document() -> Any:
    return SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
