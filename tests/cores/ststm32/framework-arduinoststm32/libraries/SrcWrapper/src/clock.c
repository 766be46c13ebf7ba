/* Linked as an object: from an archive nobody would take it, since there is a weak one. */
const char *clock_source(void) { return "SrcWrapper"; }
