"""The way back to a guest's order: its link, sent to the address that it was placed with."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from store.account_forms import FindOrderForm


@method_decorator(never_cache, name="dispatch")
class FindOrder(FormView):  # type: ignore[type-arg]  # not generic at run time
    """The answer is the same whether there is such an order or not, so that nobody can try numbers."""

    form_class = FindOrderForm
    template_name = "store/account/find_order.html"
    success_url = reverse_lazy("store:find_order")

    def form_valid(self, form: FindOrderForm) -> HttpResponse:
        form.save()
        messages.success(self.request, "If number and address belong together, the link is on its way to you.")
        return super().form_valid(form)
