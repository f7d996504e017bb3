"""The pages that measure a network of one's own: one file a page."""
