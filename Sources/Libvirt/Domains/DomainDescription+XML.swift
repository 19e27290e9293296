import FoundationEssentials

extension DomainDescription {
    /// Reads what libvirt dumps; elements that Dialtone does not know are passed over.
    public init(parsing xml: String) throws(XMLError) {
        self = try XMLCursor.withRoot(of: xml) { (root) throws(XMLError) in try DomainDescription(root) }
    }

    init(_ root: XMLCursor) throws(XMLError) {
        guard root.isNamed("domain"), let virtualization = root.attribute("type") else {
            throw XMLError(message: "no <domain type=...>", line: nil)
        }
        guard let name = root.first("name")?.text else { throw XMLError(message: "a domain without a name", line: nil) }
        guard let uuid = root.first("uuid").flatMap({ UUID(uuidString: $0.text) }) else {
            throw XMLError(message: "domain '\(name)' has no UUID", line: nil)
        }
        self.name = name
        self.uuid = uuid
        self.virtualization = virtualization
        let system = root.first("os")
        architecture = system?.first("type")?.attribute("arch")
        machine = system?.first("type")?.attribute("machine")
        memoryKiB = root.first("memory").flatMap { Self.bytes($0) }.map { $0 / 1024 } ?? 0
        currentMemoryKiB = root.first("currentMemory").flatMap { Self.bytes($0) }.map { $0 / 1024 } ?? memoryKiB
        let vcpu = root.first("vcpu")
        vcpus = (vcpu?.attribute("current") ?? vcpu?.text).flatMap { Int($0) } ?? 0
        boot =
            system?.first("kernel").map {
                .kernel(path: $0.text, initrd: system?.first("initrd")?.text, arguments: system?.first("cmdline")?.text)
            } ?? .disk
        translationCacheMiB = root.first("features")?.first("tcg")?.first("tb-cache")
            .flatMap { Self.bytes($0) }.map { $0 >> 20 }
        metadata = root.first("metadata")?.elements.map { XMLElement($0) } ?? []
        disks = []
        interfaces = []
        hasRandom = false
        for device in root.first("devices").map({ Array($0.elements) }) ?? [] { add(device) }
    }

    private mutating func add(_ device: XMLCursor) {
        if device.isNamed("disk") {
            disks.append(Disk(device))
        } else if device.isNamed("interface") {
            interfaces.append(Interface(device))
        } else if device.isNamed("serial") {
            let file = device.attribute("type") == "file" ? device.first("source")?.attribute("path") : nil
            serialLog = serialLog ?? device.first("log")?.attribute("file") ?? file
        } else if device.isNamed("channel") {
            guard let target = device.first("target"), target.attribute("name") == Self.agentChannel else { return }
            switch target.attribute("state") {
            case "connected": agent = .connected
            case "disconnected": agent = .disconnected
            default: agent = .unknown
            }
        } else if device.isNamed("rng") {
            hasRandom = true
        }
    }

    /// A size with its unit, `virScaleInteger`; libvirt itself always dumps KiB.
    static func bytes(_ element: XMLCursor) -> Int? {
        guard let number = Int(element.text) else { return nil }
        let factor =
            switch element.attribute("unit") ?? "KiB" {
            case "b", "bytes": 1
            case "KB": 1000
            case "MB": 1_000_000
            case "GB": 1_000_000_000
            case "MiB", "M": 1 << 20
            case "GiB", "G": 1 << 30
            case "TiB", "T": 1 << 40
            default: 1024
            }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : bytes
    }
}

extension DomainDescription.Disk {
    fileprivate init(_ disk: XMLCursor) {
        let from = disk.first("source")
        let source: DomainDefinition.Disk.Source?
        if let pool = from?.attribute("pool"), let volume = from?.attribute("volume") {
            source = .volume(pool: pool, name: volume)
        } else {
            source = from?.attribute("file").map { .file($0) }
        }
        self.init(
            source: source, kind: disk.attribute("type") ?? "file", format: disk.first("driver")?.attribute("type"),
            isReadOnly: disk.first("readonly") != nil, target: disk.first("target")?.attribute("dev") ?? "",
            bus: disk.first("target")?.attribute("bus"), device: disk.attribute("device") ?? "disk")
    }
}

extension DomainDescription.Interface {
    fileprivate init(_ interface: XMLCursor) {
        self.init(
            network: interface.first("source")?.attribute("network"), kind: interface.attribute("type") ?? "",
            mac: interface.first("mac")?.attribute("address") ?? "",
            model: interface.first("model")?.attribute("type"))
    }
}
