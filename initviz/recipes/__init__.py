"""Which initializer each parameter of a module gets; how one is drawn is the catalog's."""
