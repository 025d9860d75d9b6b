"""The engine `worker`: `manage.py deliver_postbacks` processes find the work by themselves."""


class WorkerEngine:
    def kick(self) -> None:
        """Do nothing: the workers look for themselves."""
