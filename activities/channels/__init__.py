"""The channels: one file a provider. A new file is a new provider; the contract tests find it by itself."""
