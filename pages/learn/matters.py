"""Where it matters: convex models forget their start, deep networks do not."""

from initviz.ui import lesson
from initviz.ui.learn import matters

lesson.question("Where it matters", "which models depend on their first weights?")
matters.show()
