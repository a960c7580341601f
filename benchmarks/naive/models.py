"""The one table of the naive chat."""

from django.db import models


class Line(models.Model):
    room = models.CharField(max_length=64, db_index=True)
    content = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.content
