"""Addresses of the shop's pages."""

from django.urls import path
from django.views.generic import TemplateView

from .views import cart, catalogue, checkout, orders, product

app_name = "store"

urlpatterns = [
    path("", catalogue.home, name="home"),
    path("shop/", catalogue.product_list, name="product_list"),
    path("shop/<slug:slug>/", catalogue.category, name="category"),
    path("products/<slug:slug>/", product.product, name="product"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="add_to_cart"),
    path("cart/<int:variant_id>/", cart.change_line, name="change_line"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/<str:token>/", orders.order, name="order"),
    path("orders/<str:token>/pay/", orders.pay, name="pay"),
    path("about/", TemplateView.as_view(template_name="store/about.html"), name="about"),
    path("delivery/", TemplateView.as_view(template_name="store/delivery.html"), name="delivery"),
]
