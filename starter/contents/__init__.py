"""Content as its authors and approvers work with it: checked, approved, and previewed for a customer."""
