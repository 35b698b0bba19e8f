"""Changes that touch price, compliance or autonomy: proposed, reviewed by the groups concerned, taken back."""
