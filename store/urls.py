"""Addresses of the shop's pages."""

from django.urls import path

from .views import (
    account,
    addresses,
    cart,
    catalogue,
    checkout,
    find_order,
    orders,
    pages,
    photos,
    product,
    subscriptions,
)

app_name = "store"

urlpatterns = [
    path("", catalogue.home, name="home"),
    path("shop/", catalogue.product_list, name="product_list"),
    path("shop/<slug:slug>/", catalogue.category, name="category"),
    path("products/<slug:slug>/", product.product, name="product"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add, name="add_to_cart"),
    path("cart/coupon/", cart.use_coupon, name="use_coupon"),
    path("cart/<int:variant_id>/", cart.change_line, name="change_line"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/find/", find_order.FindOrder.as_view(), name="find_order"),
    path("orders/<slug:token>/", orders.order, name="order"),
    path("orders/<slug:token>/pay/", orders.pay, name="pay"),
    path("orders/<slug:token>/pay-with/", orders.pay_with, name="pay_with"),
    path("account/", account.account, name="account"),
    path("account/login/", account.Login.as_view(), name="login"),
    path("account/logout/", account.Logout.as_view(), name="logout"),
    path("account/new/", account.Register.as_view(), name="register"),
    path("account/new/<str:signed>/", account.open_account, name="open_account"),
    path("account/password/", account.PasswordChange.as_view(), name="password_change"),
    path("account/password/forgotten/", account.PasswordReset.as_view(), name="password_reset"),
    path("account/password/<uidb64>/<token>/", account.NewPassword.as_view(), name="new_password"),
    path("account/addresses/new/", addresses.new_address, name="new_address"),
    path("account/addresses/<int:pk>/", addresses.address, name="address"),
    path("account/addresses/<int:pk>/delete/", addresses.delete_address, name="delete_address"),
    path("subscriptions/<slug:token>/", subscriptions.subscription, name="subscription"),
    path("subscriptions/<slug:token>/address/", subscriptions.subscription_address, name="subscription_address"),
    path("subscriptions/<slug:token>/skip/", subscriptions.skip_parcel, name="skip_parcel"),
    path("subscriptions/<slug:token>/<slug:change>/", subscriptions.change_subscription, name="change_subscription"),
    path("about/", pages.words, {"template": "store/about.html"}, name="about"),
    path("delivery/", pages.words, {"template": "store/delivery.html"}, name="delivery"),
    path("media/photos/<str:name>", photos.photo, name="photo"),
    path("sitemap.xml", pages.sitemap, name="sitemap"),
    path("robots.txt", pages.robots, name="robots"),
]
