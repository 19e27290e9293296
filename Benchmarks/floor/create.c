// The floor of creating nodes: the requests to libvirt that `dialtone apply` makes for them, one after the other.
// What the nodes are is read from a libvirt on which they stand already; then they are made on another one.
// Prints the nanoseconds of the making alone. They were written down from the adapters; that their number is the same is not compared yet.
#include <inttypes.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const uri = "urn:dialtone:1";

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void fail(const char *call) {
    fprintf(stderr, "%s: %s\n", call, virGetLastErrorMessage());
    exit(1);
}

static void silent(void *data, virErrorPtr error) {}

// The value of a member of flat JSON, as the mark has it.
static char *member(const char *json, const char *name) {
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *begin = strstr(json, key);
    if (!begin) exit(2);
    begin += strlen(key);
    return strndup(begin, strcspn(begin, "\""));
}

struct node {
    char *name, *xml, *metadata, *mac, *address, *overlay, *drive, *image;
};

static virNetworkPtr network(virConnectPtr target) {
    virNetworkPtr network = virNetworkLookupByName(target, "bench");
    if (!network) fail("virNetworkLookupByName");
    return network;
}

static void read_network(virNetworkPtr network, unsigned int flags) {
    // The test driver has no other configuration, and says so.
    char *xml = virNetworkGetXMLDesc(network, flags);
    if (!xml && !flags) fail("virNetworkGetXMLDesc");
    free(xml);
}

static virDomainPtr domain(virConnectPtr target, const char *name) {
    virDomainPtr domain = virDomainLookupByName(target, name);
    if (!domain) fail("virDomainLookupByName");
    return domain;
}

// Nothing is made for a node before its domain was read again.
static void verify(virConnectPtr target, const struct node *node) {
    virDomainPtr d = domain(target, node->name);
    char *xml = virDomainGetXMLDesc(d, VIR_DOMAIN_XML_INACTIVE);
    if (!xml) fail("virDomainGetXMLDesc");
    free(xml);
    virDomainFree(d);
}

static void reserve(virConnectPtr target, const struct node *node) {
    verify(target, node);
    virNetworkPtr net = network(target);
    if (virNetworkIsActive(net) < 0) fail("virNetworkIsActive");
    read_network(net, 0);
    if (virNetworkIsPersistent(net) < 0) fail("virNetworkIsPersistent");
    read_network(net, VIR_NETWORK_XML_INACTIVE);
    char xml[512];
    snprintf(xml, sizeof xml, "<host mac='%s' name='%s' ip='%s'/>", node->mac, node->name, node->address);
    if (virNetworkUpdate(net, VIR_NETWORK_UPDATE_COMMAND_ADD_LAST, VIR_NETWORK_SECTION_IP_DHCP_HOST, -1, xml,
                         VIR_NETWORK_UPDATE_AFFECT_LIVE | VIR_NETWORK_UPDATE_AFFECT_CONFIG) < 0)
        fail("virNetworkUpdate");
    virNetworkFree(net);
}

static virStoragePoolPtr pool(virConnectPtr target) {
    virStoragePoolPtr pool = virStoragePoolLookupByName(target, "default-pool");
    if (!pool) fail("virStoragePoolLookupByName");
    return pool;
}

static char *volume_path(virConnectPtr target, const char *name) {
    virStoragePoolPtr p = pool(target);
    virStorageVolPtr volume = virStorageVolLookupByName(p, name);
    if (!volume) fail("virStorageVolLookupByName");
    char *xml = virStorageVolGetXMLDesc(volume, 0);
    if (!xml) fail("virStorageVolGetXMLDesc");
    char *begin = strstr(xml, "<path>") + 6;
    char *path = strndup(begin, strcspn(begin, "<"));
    free(xml);
    virStorageVolFree(volume);
    virStoragePoolFree(p);
    return path;
}

// Looks for what may be left of it first.
static void create_volume(virConnectPtr target, const char *name, const char *xml) {
    virStoragePoolPtr p = pool(target);
    virStorageVolPtr before = virStorageVolLookupByName(p, name);
    if (before) exit(3);
    virStoragePoolFree(p);
    p = pool(target);
    virStorageVolPtr volume = virStorageVolCreateXML(p, xml, 0);
    if (!volume) fail("virStorageVolCreateXML");
    virStorageVolFree(volume);
    virStoragePoolFree(p);
}

static void create_overlay(virConnectPtr target, const struct node *node) {
    verify(target, node);
    char *backing = volume_path(target, node->image);
    char xml[1024];
    snprintf(xml, sizeof xml,
             "<volume><name>%s</name><capacity unit='bytes'>21474836480</capacity><allocation unit='bytes'>0</allocation>"
             "<target><format type='qcow2'/></target><backingStore><path>%s</path><format type='qcow2'/></backingStore>"
             "</volume>", node->overlay, backing);
    create_volume(target, node->overlay, xml);
    free(backing);
}

static void create_raw(virConnectPtr target, const char *name) {
    char xml[512];
    snprintf(xml, sizeof xml,
             "<volume><name>%s</name><capacity unit='bytes'>65536</capacity><target><format type='raw'/></target></volume>",
             name);
    create_volume(target, name, xml);
}

static void start(virConnectPtr target, const struct node *node) {
    verify(target, node);
    virDomainPtr d = domain(target, node->name);
    if (virDomainSetMetadata(d, VIR_DOMAIN_METADATA_ELEMENT, node->metadata, "dialtone", uri, VIR_DOMAIN_AFFECT_CONFIG) < 0)
        fail("virDomainSetMetadata");
    virDomainFree(d);
    d = domain(target, node->name);
    if (virDomainCreate(d) < 0) fail("virDomainCreate");
    virDomainFree(d);
}

// The base image comes with the first node; the others see that it is there.
static void image(virConnectPtr target, const struct node *node, int is_first) {
    if (is_first) return create_raw(target, node->image);
    virStoragePoolPtr p = pool(target);
    virStorageVolPtr volume = virStorageVolLookupByName(p, node->image);
    if (!volume) fail("virStorageVolLookupByName");
    virStorageVolFree(volume);
    virStoragePoolFree(p);
}

static void create(virConnectPtr target, const struct node *node, int is_first) {
    if (virDomainLookupByName(target, node->name)) exit(3);
    virDomainPtr defined = virDomainDefineXML(target, node->xml);
    if (!defined) fail("virDomainDefineXML");
    virDomainFree(defined);
    reserve(target, node);
    image(target, node, is_first);
    create_overlay(target, node);
    verify(target, node);
    create_raw(target, node->drive);
    start(target, node);
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    virSetErrorFunc(NULL, silent);
    virConnectPtr donor = virConnectOpen(argv[1]);
    virConnectPtr target = virConnectOpen(argv[2]);
    if (!donor || !target) return 69;
    virDomainPtr *domains = NULL;
    int count = virConnectListAllDomains(donor, &domains, 0);
    struct node *nodes = calloc(count > 0 ? count : 1, sizeof *nodes);
    int found = 0;
    for (int i = 0; i < count; i++) {
        char *metadata = virDomainGetMetadata(domains[i], VIR_DOMAIN_METADATA_ELEMENT, uri, 0);
        if (!metadata) continue;
        // The mark's own part about what a node owns; a reservation's address is the last one.
        const char *owns = strstr(metadata, "owns>");
        if (!owns) return 2;
        nodes[found++] = (struct node){
            .name = strdup(virDomainGetName(domains[i])),
            .xml = virDomainGetXMLDesc(domains[i], VIR_DOMAIN_XML_INACTIVE), .metadata = metadata,
            .mac = member(owns, "mac"), .address = member(owns, "address"), .overlay = member(owns, "overlay"),
            .drive = member(owns, "drive"), .image = member(owns, "image"),
        };
    }
    int64_t begin = now();
    for (int i = 0; i < found; i++) create(target, &nodes[i], i == 0);
    printf("%" PRId64 "\n", now() - begin);
    fprintf(stderr, "%d nodes\n", found);
    return 0;
}
