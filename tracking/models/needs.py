"""What needs me: no table, an entry of the admin's index for the list that gathers from several."""

from tracking.models.postbacks import Postback


class NeedsMe(Postback):
    """What waits for a person; whoever may see the rows behind it sees the list."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "what needs me"
        verbose_name_plural = "what needs me"
