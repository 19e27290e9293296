import CLibvirt
import Glibc

extension LibvirtConnection {
    /// The volume of that name, or `nil` where the pool has none. A pool that is not there is an error.
    public func volume(named name: String, inPool pool: String) async throws(LibvirtError) -> StorageVolume? {
        try await optional(.noVolume) { handle throws(LibvirtError) in
            try handle.withVolume(name, inPool: pool) { volume, object throws(LibvirtError) in
                try handle.describe(volume: volume, pool: pool, object)
            }
        }
    }

    /// Whether the pool has a volume of that name.
    public func hasVolume(named name: String, inPool pool: String) async throws(LibvirtError) -> Bool {
        let found: Bool? = try await optional(.noVolume) { handle throws(LibvirtError) in
            try handle.withVolume(name, inPool: pool) { _, _ in true }
        }
        return found ?? false
    }

    /// Creates a volume; one of that name that is there already is an error (code 90, on the test driver 9).
    public func createVolume(_ definition: VolumeDefinition, inPool pool: String) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            let object = "volume '\(definition.name)' in pool '\(pool)'"
            let xml = try handle.render(definition.element, "virStorageVolCreateXML", object)
            try handle.withPool(pool) { pointer throws(LibvirtError) in
                virStorageVolFree(
                    try handle.make("virStorageVolCreateXML", object, virStorageVolCreateXML(pointer, xml, 0)))
            }
        }
    }

    /// Removes a volume and its content.
    public func deleteVolume(named name: String, inPool pool: String) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            try handle.withVolume(name, inPool: pool) { volume, object throws(LibvirtError) in
                try handle.change("virStorageVolDelete", object, virStorageVolDelete(volume, 0))
            }
        }
    }
}

extension Handle {
    /// Looks a volume up for the length of `body`.
    func withVolume<T>(
        _ name: String, inPool pool: String, _ body: (virStorageVolPtr, String) throws(LibvirtError) -> T
    ) throws(LibvirtError) -> T {
        try withPool(pool) { pointer throws(LibvirtError) in
            let object = "volume '\(name)' in pool '\(pool)'"
            let volume = try unwrap(
                "virStorageVolLookupByName", object, virStorageVolLookupByName(pointer, name))
            defer { virStorageVolFree(volume) }
            return try body(volume, object)
        }
    }

    func describe(volume: virStorageVolPtr, pool: String, _ object: String) throws(LibvirtError) -> StorageVolume {
        let xml = try unwrap("virStorageVolGetXMLDesc", object, virStorageVolGetXMLDesc(volume, 0))
        defer { free(xml) }
        return try parsed("virStorageVolGetXMLDesc", object) { () throws(XMLError) in
            try StorageVolume(parsing: xml, pool: pool)
        }
    }
}
