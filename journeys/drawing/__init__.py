"""A journey as a picture: where its boxes and lines go (pure data), and how that is written as SVG or Mermaid."""
