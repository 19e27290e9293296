import ClusterModel
import OrderedJSON

// Marks are read by the thousand, each time a cluster is looked at: member by member, as their `Decodable` would, at a fraction of its time.

extension NodeInputs {
    public init(_ json: JSONCursor) throws {
        self.init(
            pool: try json.text("pool"), network: try json.text("network"),
            virtualization: try json.optionalWord("virtualization", as: Virtualization.self),
            image: try json.text("image"), format: try json.word("format", as: ImageFormat.self),
            boot: try json.boot("boot"), memoryMiB: try json.integer("memoryMiB"), vcpus: try json.integer("vcpus"),
            diskGiB: try json.integer("diskGiB"), address: try json.address("address"),
            prefix: try json.integer("prefix"), gateway: try json.member("gateway")?.address(),
            dns: try json.items("dns") { try $0.address() },
            sshAuthorizedKeys: try json.items("sshAuthorizedKeys") { try $0.text() },
            userData: try json.optionalText("userData"), etcd: try json.items("etcd") { try $0.text() },
            defaulted: try json.fieldNames("defaulted"))
    }
}

extension Owned {
    public init(_ json: JSONCursor) throws {
        guard let reservation = json.member("reservation") else { throw json.mismatch("an object 'reservation'") }
        self.init(
            pool: try json.text("pool"), overlay: try json.text("overlay"), drive: try json.text("drive"),
            image: try json.optionalText("image"), network: try json.text("network"),
            reservation: Reservation(
                mac: try reservation.text("mac"), name: try reservation.text("name"),
                address: try reservation.address("address")))
    }
}

extension InstanceInputs {
    public init(_ json: JSONCursor) throws {
        guard json.member("env") != nil else { throw json.mismatch("an object 'env'") }
        self.init(
            image: try json.text("image"), env: try json.texts("env"),
            runtime: try json.word("runtime", as: ContainerRuntime.self), node: try json.text("node"),
            address: try json.address("address"), slot: try json.integer("slot"),
            etcd: try json.items("etcd") { try $0.text() }, defaulted: try json.fieldNames("defaulted"))
    }
}

extension AnnouncerInputs {
    public init(_ json: JSONCursor) throws {
        let discovery = try json.items("discovery") { item in
            guard let way = Discovery(rawValue: try item.text()) else { throw item.mismatch("a way to announce") }
            return way
        }
        self.init(discovery: discovery, probe: try json.optionalText("probe"))
    }
}

extension JSONCursor {
    fileprivate func address() throws -> IPv4 {
        guard let address = IPv4(try text()) else { throw mismatch("an IPv4 address") }
        return address
    }

    fileprivate func address(_ name: StaticString) throws -> IPv4 {
        guard let member = member(name) else { throw mismatch("an IPv4 address '\(name)'") }
        return try member.address()
    }

    fileprivate func fieldNames(_ name: StaticString) throws -> FieldNames {
        FieldNames(try items(name) { try $0.text() })
    }

    /// As Swift writes an enumeration: its case is the one member.
    fileprivate func boot(_ name: StaticString) throws -> Boot {
        guard let boot = member(name) else { throw mismatch("an object '\(name)'") }
        if boot.member("disk") != nil { return .disk }
        guard let kernel = boot.member("kernel") else { throw mismatch("'disk' or 'kernel' in '\(name)'") }
        return .kernel(
            path: try kernel.text("path"), initrd: try kernel.optionalText("initrd"),
            arguments: try kernel.text("arguments"))
    }
}
