// The floor of reading a manifest: libyaml loads it as a document. Prints the nanoseconds of processor time of the second pass.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static int64_t load(const unsigned char *text, size_t size) {
    int64_t begin = now();
    yaml_parser_t parser;
    yaml_document_t document;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, text, size);
    if (!yaml_parser_load(&parser, &document)) exit(1);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return now() - begin;
}

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    FILE *file = fopen(argv[1], "rb");
    if (!file) return 66;
    static unsigned char text[16 << 20];
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    load(text, size);
    printf("%" PRId64 "\n", load(text, size));
    return 0;
}
