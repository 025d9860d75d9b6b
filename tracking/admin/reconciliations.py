"""Reconciliations: upload Aspire's export, say what its columns are, read the report, and apply it once confirmed."""

from tempfile import TemporaryFile
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from tracking.admin.log import ReadOnlyLog
from tracking.admin.reconciliation_forms import ColumnsForm, UploadForm
from tracking.admin.reconciliation_report import context, to_settle
from tracking.models import ExportUpload, Postback, Reconciliation
from tracking.reconciliation import running, uploads
from tracking.reconciliation.alone import BusyError
from tracking.reconciliation.columns import ColumnError, Role
from tracking.reconciliation.reading import Export, ReadError
from tracking.reconciliation.report import HEADER, cells
from tracking.reconciliation.running import OptionError, Options
from tracking.reports.periods import PeriodError
from tracking.reports.spreadsheets import line
from tracking.reports.wording import clock, count

_Wrong = (ReadError, ColumnError, OptionError, PeriodError)


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyLog[Reconciliation]):
    """Comparing is one permission (add), settling by it another (apply)."""

    list_display = ["file", "when", "run_by", "rows", "confirmed", "in_question", "settled"]
    ordering = ["-id"]
    search_fields = ["file_name", "sha256"]
    search_help_text = "A file's name, or its SHA-256."
    change_list_template = "admin/tracking/reconciliations.html"
    change_form_template = "admin/tracking/reconciliation.html"
    fieldsets = [(None, {"fields": ()})]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tracking.add_reconciliation")

    def has_apply_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may settle postbacks by an export."""
        return request.user.has_perm("tracking.apply_reconciliation")

    def get_urls(self) -> list[URLPattern]:
        """The steps from a file to its report."""
        view = self.admin_site.admin_view
        return [
            path("upload/<int:pk>/", view(self.columns_view), name="tracking_reconciliation_columns"),
            path("<int:pk>/report.csv", view(self.report_view), name="tracking_reconciliation_report"),
            path("<int:pk>/apply/", view(self.apply_view), name="tracking_reconciliation_apply"),
            path("<int:pk>/forget/", view(self.forget_view), name="tracking_reconciliation_forget"),
            *super().get_urls(),
        ]

    # The list -----------------------------------------------------------------------------------------------

    @admin.display(description="file")
    def file(self, record: Reconciliation) -> str:
        return record.file_name

    @admin.display(description="when", ordering="started_at")
    def when(self, record: Reconciliation) -> str:
        return clock(record.started_at, now=timezone.now())

    @admin.display(description="confirmed")
    def confirmed(self, record: Reconciliation) -> int:
        return int(record.findings.get("confirmed", {}).get("count", 0))

    @admin.display(description="in question")
    def in_question(self, record: Reconciliation) -> int:
        entries = (entry for kind, entry in record.findings.items() if kind not in {"confirmed", "to_settle"})
        return sum(int(entry["count"]) for entry in entries)

    @admin.display(description="settled")
    def settled(self, record: Reconciliation) -> str:
        if not record.applied_at:
            return "only compared"
        return f"{record.accepted} accepted, {record.sent_again} sent again"

    # A file -------------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take a file."""
        self._require(self.has_add_permission(request))
        uploads.purge(now=timezone.now())
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            said = {name: form.cleaned_data[name] for name in ("encoding", "separator")}
            try:
                upload = uploads.keep(form.cleaned_data["file"], by=request.user.get_username())
                try:
                    self._look_at(upload, **said)
                except ReadError:
                    uploads.forget(upload)
                    raise
            except ReadError as error:
                form.add_error("file", str(error))
            else:
                request.session[_key(upload)] = said
                return HttpResponseRedirect(self._address("columns", upload.pk))
        return self._page(request, "reconciliation_upload.html", "Compare with Aspire's export", form=form)

    def columns_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask which column is which, then compare."""
        self._require(self.has_add_permission(request))
        upload = self._upload(pk=pk)
        said = request.session.get(_key(upload), {"encoding": "", "separator": ""})
        try:
            export, sample = self._look_at(upload, **said)
        except ReadError as error:
            return self._refuse(request, str(error))
        form = ColumnsForm(request.POST or None, header=export.header, initial=_initial(export, upload))
        if request.method == "POST" and form.is_valid():
            try:
                record = self._compare(request, upload, form.options(**said))
                return HttpResponseRedirect(self._address("change", record.pk))
            except BusyError as error:
                return self._tell_busy(request, error)
            except _Wrong as error:
                form.add_error(None, str(error))
        return self._page(
            request,
            "reconciliation_columns.html",
            "Which column is which?",
            form=form,
            roles=[form[role.value] for role in Role],
            others=[field for field in form if field.name not in set(Role)],
            upload=upload,
            export=export,
            sample=sample,
            is_remembered=running.remembered(export.header) is not None,
        )

    def _look_at(self, upload: ExportUpload, *, encoding: str, separator: str) -> tuple[Export, list[tuple[str, ...]]]:
        """The file's header and its first rows. Raises ReadError."""
        with uploads.as_file(upload) as file:
            export = running.open_for(file, Options(encoding=encoding, separator=separator))
            return export, [row.cells for row, _ in zip(export.rows(), range(5), strict=False)]

    def _compare(self, request: HttpRequest, upload: ExportUpload, options: Options) -> Reconciliation:
        with uploads.as_file(upload) as file:
            result = running.reconcile(
                file,
                options,
                file_name=upload.file_name,
                by=request.user.get_username(),
                again=upload.reconciliation,
            )
        upload.reconciliation = result.reconciliation
        upload.save(update_fields=["reconciliation"])
        return result.reconciliation

    # Its report ---------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the report."""
        record = self.get_object(request, unquote(object_id))
        shown = dict(extra_context or {})
        if record is not None and self.has_view_permission(request, record):
            upload = ExportUpload.objects.filter(reconciliation=record).first()
            shown |= {"title": record.file_name, "subtitle": None, "record": record, **context(record, upload)}
            shown["may_add"] = self.has_add_permission(request)
            is_open = upload and not record.applied_at and record.to_accept + record.to_send_again
            shown["may_apply"] = bool(is_open and self.has_apply_permission(request))
        return super().change_view(request, object_id, form_url, shown)

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Download every order, while the file is there."""
        record = self._record(request, pk)
        upload = self._upload(reconciliation=record)
        file = TemporaryFile()  # noqa: SIM115 - the response closes it
        try:
            with uploads.as_file(upload) as export, running.prepared(export, Options.of(record.options)) as ready:
                file.write(line(HEADER).encode())
                file.writelines(line(cells(finding)).encode() for finding in ready.comparison.findings())
        except _Wrong as error:
            file.close()
            return self._refuse(request, str(error))
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"reconciliation-{record.pk}.csv")

    # Applying -----------------------------------------------------------------------------------------------

    def apply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first, then settle what is unconfirmed."""
        record = self._record(request, pk)
        self._require(self.has_apply_permission(request))
        upload = self._upload(reconciliation=record)
        if request.method != "POST" or "confirmed" not in request.POST:
            rows = to_settle(record)
            total = record.to_accept + record.to_send_again
            more = max(total - len(rows), 0)
            title = f"Apply: {count(total, 'postback')}"
            return self._page(request, "reconciliation_apply.html", title, record=record, rows=rows, more=more)
        try:
            with uploads.as_file(upload) as file:
                result = running.reconcile(
                    file,
                    Options.of(record.options),
                    file_name=upload.file_name,
                    by=request.user.get_username(),
                    applies=True,
                    again=record,
                )
        except BusyError as error:
            return self._tell_busy(request, error)
        except _Wrong as error:
            return self._refuse(request, str(error))
        self._log(request, result.reconciliation)
        uploads.forget(upload)
        told = f"Marked as accepted: {record.accepted}; sent again: {record.sent_again}. The file is deleted."
        self.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(self._address("change", record.pk))

    def _log(self, request: HttpRequest, record: Reconciliation) -> None:
        """Write into each postback's history, and the reconciliation's, who did it and by which file."""
        changes = dict(record.changes.values_list("order_id", "why"))
        orders = list(changes)
        for start in range(0, len(orders), 500):
            found = Postback.objects.filter(
                conversion__order_id__in=orders[start : start + 500], conversion__is_test=False
            ).select_related("conversion")
            postback: Any
            for postback in found:
                self.log_change(request, postback, changes[postback.conversion.order_id])
        self.log_change(request, record, f"Applied: {record.accepted} accepted, {record.sent_again} sent again.")

    def forget_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete the file of a comparison that is not to be applied; the report stays."""
        record = self._record(request, pk)
        self._require(self.has_add_permission(request))
        if request.method == "POST":
            uploads.forget(self._upload(reconciliation=record))
            self.message_user(request, "The file is deleted; the report stays.", messages.SUCCESS)
        return HttpResponseRedirect(self._address("change", record.pk))

    # What the steps share -----------------------------------------------------------------------------------

    def _require(self, permission: bool) -> None:
        if not permission:
            raise PermissionDenied

    def _record(self, request: HttpRequest, pk: int) -> Reconciliation:
        record = Reconciliation.objects.filter(pk=pk).first()
        self._require(self.has_view_permission(request, record))
        if record is None:
            raise Http404("There is no such reconciliation.")
        return record

    def _upload(self, **which: Any) -> ExportUpload:
        upload = ExportUpload.objects.filter(**which).select_related("reconciliation").first()
        if upload is None:
            raise Http404("The file is no longer kept: upload it again.")
        return upload

    def _refuse(self, request: HttpRequest, problem: str) -> HttpResponse:
        self.message_user(request, problem, messages.ERROR)
        return HttpResponseRedirect(self._address("changelist"))

    def _tell_busy(self, request: HttpRequest, error: BusyError) -> HttpResponse:
        self.message_user(request, str(error), messages.WARNING)
        return HttpResponseRedirect(self._address("change", error.record.pk))

    def _address(self, name: str, *args: Any) -> str:
        return reverse(f"admin:tracking_reconciliation_{name}", args=args, current_app=self.admin_site.name)

    def _page(self, request: HttpRequest, template: str, title: str, **shown: Any) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media, "title": title}
        return TemplateResponse(request, f"admin/tracking/{template}", {**shared, **shown})


def _key(upload: ExportUpload) -> str:
    return f"tracking_export_{upload.pk}"


def _initial(export: Export, upload: ExportUpload) -> dict[str, Any]:
    """What to offer: what was said before the file was compared, or what is remembered, or guessed."""
    kept = running.remembered(export.header)
    offered: dict[str, Any] = {role.value: name for role, name in running.suggested(export).items()}
    if kept:
        offered |= {"time_zone": kept.time_zone, "date_order": kept.date_order}
    if upload.reconciliation:
        said = dict(upload.reconciliation.options)
        offered |= (
            said | {"offer": said["offer_id"]} | {role.value: said["columns"].get(role.value, "") for role in Role}
        )
    return offered
