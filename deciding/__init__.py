"""What the worker and the API do alike over the store, the content and what was learned: decisions of planners,
in a run or on a page, with the slots that both fill; and the content that is live."""
