"""Whatever probes or trains many times; one probe is `initviz.probe`, one run `training`."""
