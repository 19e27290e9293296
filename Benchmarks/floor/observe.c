// The floor of observing: one thread that lists all domains and reads each one's metadata.
// Prints the nanoseconds from the list to the last answer; opening the connection is outside.
#include <inttypes.h>
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    virConnectPtr connection = virConnectOpen(argv[1]);
    if (!connection) return 69;
    int64_t begin = now();
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(connection, &domains, 0);
    if (count < 0) return 1;
    size_t bytes = 0;
    for (int i = 0; i < count; i++) {
        char *metadata = virDomainGetMetadata(domains[i], VIR_DOMAIN_METADATA_ELEMENT, "urn:dialtone:1", 0);
        // The test driver's own domain has none.
        if (metadata) bytes += strlen(metadata);
        free(metadata);
        virDomainFree(domains[i]);
    }
    free(domains);
    printf("%" PRId64 "\n", now() - begin);
    fprintf(stderr, "%d domains, %zu bytes of metadata\n", count, bytes);
    virConnectClose(connection);
    return 0;
}
