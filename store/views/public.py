"""What makes a page the same for everyone: its head says so to caches, and nothing in it asks who is there."""

from django.views.decorators.cache import cache_control

# A shared cache may keep a page for a minute; a browser asks again each time, which costs a 304.
public_page = cache_control(public=True, max_age=0, s_maxage=60)
