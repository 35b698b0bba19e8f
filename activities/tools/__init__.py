"""The business actions: one file a tool. A new file is a new tool; the registry finds it by itself."""
