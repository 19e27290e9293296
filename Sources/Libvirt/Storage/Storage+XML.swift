import FoundationEssentials

extension StoragePool {
    /// Reads a pool's dump (`formatstorage`).
    init(parsing xml: UnsafePointer<CChar>, isActive: Bool) throws(XMLError) {
        self = try XMLCursor.withRoot(of: xml) { (root) throws(XMLError) in
            guard root.isNamed("pool"), let name = root.first("name")?.text,
                let uuid = root.first("uuid").flatMap({ UUID(uuidString: $0.text) })
            else { throw XMLError(message: "no <pool> with name and UUID", line: nil) }
            func bytes(_ name: StaticString) -> UInt64 { root.first(name).flatMap { UInt64($0.text) } ?? 0 }
            return StoragePool(
                name: name, uuid: uuid, isActive: isActive, kind: root.attribute("type") ?? "",
                capacity: bytes("capacity"), allocation: bytes("allocation"), available: bytes("available"),
                path: root.first("target")?.first("path")?.text)
        }
    }
}

extension StorageVolume {
    /// Reads a volume's dump; sizes are dumped in bytes.
    init(parsing xml: UnsafePointer<CChar>, pool: String) throws(XMLError) {
        self = try XMLCursor.withRoot(of: xml) { (root) throws(XMLError) in
            guard root.isNamed("volume"), let name = root.first("name")?.text, let target = root.first("target") else {
                throw XMLError(message: "no <volume> with name and target", line: nil)
            }
            let backing = root.first("backingStore").flatMap { store in
                store.first("path").map { Backing(path: $0.text, format: store.first("format")?.attribute("type")) }
            }
            return StorageVolume(
                name: name, pool: pool, key: root.first("key")?.text ?? "", path: target.first("path")?.text ?? "",
                capacity: root.first("capacity").flatMap { UInt64($0.text) } ?? 0,
                allocation: root.first("allocation").flatMap { UInt64($0.text) } ?? 0,
                format: target.first("format")?.attribute("type"), backing: backing)
        }
    }
}

extension VolumeDefinition {
    var element: XMLElement {
        var volume = XMLElement("volume", [:], [XMLElement("name", text: name)])
        volume.append(XMLElement("capacity", ["unit": "bytes"], text: String(capacity)))
        if let allocation { volume.append(XMLElement("allocation", ["unit": "bytes"], text: String(allocation))) }
        volume.append(XMLElement("target", [:], [XMLElement("format", ["type": format.rawValue])]))
        if let backing {
            var store = XMLElement("backingStore", [:], [XMLElement("path", text: backing.path)])
            if let format = backing.format { store.append(XMLElement("format", ["type": format])) }
            volume.append(store)
        }
        return volume
    }
}
