"""Landing counts: how often a landing came with a macro that Aspire had not filled."""

from typing import Final

from django.contrib import admin

from tracking.admin.log import ReadOnlyLog
from tracking.capture.clicks import Finding
from tracking.models import LandingCount

_FOUND: Final = {
    Finding.UNREPLACED_MACRO.value: "An unreplaced macro",
    Finding.INVALID.value: "No valid id",
    Finding.ANY.value: "All landings there were",
}


@admin.register(LandingCount)
class LandingCountAdmin(ReadOnlyLog[LandingCount]):
    """A list alone: a count has no page of its own worth opening."""

    change_list_template = "admin/tracking/landings.html"
    list_display = ["day", "parameter", "found", "count"]
    list_display_links = None
    list_filter = ["day", "parameter"]
    ordering = ["-day", "parameter"]

    @admin.display(description="what was found", ordering="finding")
    def found(self, landing: LandingCount) -> str:
        return _FOUND.get(landing.finding, landing.finding)
