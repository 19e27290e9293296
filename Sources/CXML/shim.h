#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlwriter.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

/// `xmlFree` is a variable that holds a function, which Swift takes for shared mutable state.
static inline void cxml_free(void *pointer) { xmlFree(pointer); }
