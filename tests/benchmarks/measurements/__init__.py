"""One module for each measurement, with one function `measure` that returns figures."""
