"""What an application does with statuses and leads: each use case is one unit of work over the ports, whole or not at all.

Nothing here knows a rule; all of them are asked. The use cases are coroutines on asynchronous ports. `salesstatus.desk` gives them
to asynchronous applications as they are, and runs them through at once for all others, so that each stands here only once.

Every use case reads what it needs, lets the rules decide on values, and writes at the end: deals, then contacts, each in the order of
their ids, so that two of them that meet do not wait for each other in a circle.
"""
