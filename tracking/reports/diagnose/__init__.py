"""Is this set-up in order? Each check gives a result: ok, a warning or a fault, with the evidence and what to do."""
