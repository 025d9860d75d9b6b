from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = "Affiliate tracking"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in
        from django.core.signals import request_started

        from tracking import checks  # noqa: F401 - registers the checks
        from tracking.capture.customers import keep_at_login
        from tracking.conversions import recording
        from tracking.middleware import add_affiliate_click
        from tracking.postbacks.engines import begin_serving, watching
        from tracking.signals import order_cancelled, order_completed, order_refunded, subscription_cancelled
        from tracking.watch import rounds

        add_affiliate_click()
        watching.look_with(rounds.look_if_due)
        request_started.connect(begin_serving, dispatch_uid="tracking")
        order_completed.connect(recording.record_completed, dispatch_uid="tracking")
        order_cancelled.connect(recording.record_cancelled, dispatch_uid="tracking")
        order_refunded.connect(recording.record_refunded, dispatch_uid="tracking")
        subscription_cancelled.connect(recording.record_subscription_cancelled, dispatch_uid="tracking")
        user_logged_in.connect(keep_at_login, dispatch_uid="tracking")
