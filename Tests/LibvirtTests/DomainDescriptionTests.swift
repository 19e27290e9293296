import FoundationEssentials
import Libvirt
import Testing

@Suite("Domains as libvirt dumps them")
struct DomainDescriptionTests {
    @Test("the recorded dump of a running machine of the QEMU driver is read in all its parts")
    func recorded() throws {
        let node = try DomainDescription(parsing: fixture("domain-node1-live.xml"))
        #expect(node.name == "node1")
        #expect(node.uuid == UUID(uuidString: "3d53a276-b6ff-4ed5-b211-0dc7aab65a14"))
        #expect(node.virtualization == "qemu")
        #expect(node.architecture == "x86_64" && node.machine == "pc-i440fx-7.2")
        #expect(node.memoryKiB == 524_288 && node.vcpus == 1)
        #expect(
            node.boot
                == .kernel(
                    path: "@WORK@/vmlinuz", initrd: "@WORK@/small.img",
                    arguments: "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 "))
        #expect(
            node.disks == [
                .init(
                    source: .file("@LAB@/images/node1.qcow2"), kind: "file", format: "qcow2", isReadOnly: false,
                    target: "vda", bus: "virtio", device: "disk"),
                .init(
                    source: .file("@LAB@/images/node1-cfg.img"), kind: "file", format: "raw", isReadOnly: true,
                    target: "vdb", bus: "virtio", device: "disk"),
            ])
        #expect(
            node.interfaces == [.init(network: "dialtone", kind: "network", mac: "52:54:00:77:00:0b", model: "virtio")])
        #expect(node.serialLog == "@LAB@/images/node1.console")
        #expect(node.agent == .connected)
        #expect(node.hasRandom)
        let mark = try #require(node.metadata(inNamespace: "urn:dialtone:node:1"))
        #expect(mark.name == "node" && mark.namespace?.prefix == "dt")
        #expect(mark.attribute("role") == "etcd" && mark.attribute("owner") == "lab")
    }

    @Test("a machine without disks, started from a kernel, is read too")
    func diskless() throws {
        let node = try DomainDescription(parsing: fixture("domain-tiny-ignition-live.xml"))
        #expect(node.disks.isEmpty)
        #expect(node.memoryKiB == 327_680)
        #expect(node.agent == .connected)
    }

    @Test("kinds of devices that a definition cannot have are kept as what they are")
    func foreign() throws {
        let domain = try DomainDescription(
            parsing: """
                <domain type='kvm'><name>x</name><uuid>3d53a276-b6ff-4ed5-b211-0dc7aab65a14</uuid>
                <memory unit='GiB'>2</memory><vcpu placement='static' current='2'>8</vcpu>
                <features><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
                <devices>
                  <disk type='network' device='disk'><source protocol='rbd' name='p/i'/><target dev='sda' bus='scsi'/></disk>
                  <disk type='file' device='cdrom'><target dev='hda' bus='ide'/><readonly/></disk>
                  <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/></interface>
                  <interface type='user'/><unheardOf/>
                  <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='disconnected'/></channel>
                </devices></domain>
                """)
        #expect(domain.memoryKiB == 2 << 20 && domain.vcpus == 2)
        #expect(domain.translationCacheMiB == 64)
        #expect(domain.disks.map(\.source) == [nil, nil])
        #expect(domain.disks.map(\.kind) == ["network", "file"])
        #expect(domain.disks.map(\.device) == ["disk", "cdrom"])
        #expect(domain.interfaces.map(\.kind) == ["bridge", "user"])
        #expect(domain.interfaces.map(\.network) == [nil, nil])
        #expect(domain.agent == .disconnected)
        #expect(!domain.hasRandom && domain.serialLog == nil && domain.metadata.isEmpty)
    }

    @Test(
        "what is no domain is an error",
        arguments: [
            "<network/>", "<domain type='kvm'/>", "<domain><name>a</name></domain>",
            "<domain type='kvm'><name>a</name></domain>", "<domain type='kvm'><name>a</name><uuid>1</uuid></domain>",
            "",
        ])
    func rubbish(text: String) {
        #expect(throws: XMLError.self) { try DomainDescription(parsing: text) }
    }

    @Test("the whole XML that a definition becomes for the QEMU driver")
    func rendered() throws {
        var definition = DomainLifeTests.definition(
            "a-node-1", uuid: try #require(UUID(uuidString: "3D53A276-B6FF-4ED5-B211-0DC7AAB65A14")),
            metadata: [XMLElement("node", namespace: DomainLifeTests.mark, attributes: [.init("cluster", "a & b")])])
        definition.virtualization = .qemu
        definition.translationCacheMiB = 64
        definition.boot = .kernel(path: "/k", initrd: "/i", arguments: "console=ttyS0 \"x\"")
        let qemu = LibvirtDriver(name: "QEMU")
        #expect(
            try definition.element(for: qemu).rendered() == """
                <domain type="qemu"><name>a-node-1</name><uuid>3d53a276-b6ff-4ed5-b211-0dc7aab65a14</uuid>\
                <metadata><dialtone:node xmlns:dialtone="urn:dialtone:1" cluster="a &amp; b"/></metadata>\
                <memory unit="MiB">512</memory><vcpu>2</vcpu>\
                <os><type arch="x86_64" machine="q35">hvm</type><kernel>/k</kernel><initrd>/i</initrd>\
                <cmdline>console=ttyS0 &quot;x&quot;</cmdline></os>\
                <features><acpi/><tcg><tb-cache unit="MiB">64</tb-cache></tcg></features><cpu mode="maximum"/>\
                <clock offset="utc"/><on_reboot>restart</on_reboot><devices>\
                <disk type="volume" device="disk"><driver name="qemu" type="qcow2"/>\
                <source pool="default-pool" volume="a-node-1.qcow2"/><target dev="vda" bus="virtio"/></disk>\
                <disk type="file" device="disk"><driver name="qemu" type="raw"/>\
                <source file="/var/lib/a-node-1.iso"/><target dev="vdb" bus="virtio"/><readonly/></disk>\
                <interface type="network"><mac address="52:54:00:12:34:56"/><source network="default"/>\
                <model type="virtio"/></interface>\
                <serial type="pty"><log file="/var/log/a-node-1.console" append="on"/></serial>\
                <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>\
                <rng model="virtio"><backend model="random">/dev/urandom</backend></rng></devices></domain>
                """)
        #expect(
            try DomainDescription(parsing: definition.element(for: qemu).rendered()).metadata == definition.metadata)
    }
}
