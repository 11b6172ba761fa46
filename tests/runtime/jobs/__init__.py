"""Jobs that the tests let a worker run. Each is a function (request, report) -> result."""
