"""The pages that teach one thing each: one file a page."""
