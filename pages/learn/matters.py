"""Where it matters: convex models forget their start, deep networks do not."""

from initviz.ui import matters

matters.show()
