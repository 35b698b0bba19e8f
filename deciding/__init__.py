"""What decisions of planners have in common, wherever they are taken: in a run by the worker, or on a page by the
API. What was learned, what is seen of the customer, the log, and the slots that both fill."""
