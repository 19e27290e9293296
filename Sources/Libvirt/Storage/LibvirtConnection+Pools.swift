import CLibvirt
import FoundationEssentials
import Glibc

extension LibvirtConnection {
    /// Every pool, active or not.
    public func pools() async throws(LibvirtError) -> [StoragePool] {
        try await call { handle throws(LibvirtError) in
            try handle.list(
                "virConnectListAllStoragePools", "all pools", { virConnectListAllStoragePools(handle.pointer, $0, 0) },
                free: { virStoragePoolFree($0) }
            ) { pool throws(LibvirtError) in try handle.describe(pool: pool) }
        }
    }

    /// The pool of that name, or `nil` where there is none.
    public func pool(named name: String) async throws(LibvirtError) -> StoragePool? {
        try await optional(.noPool) { handle throws(LibvirtError) in
            try handle.withPool(name) { pool throws(LibvirtError) in try handle.describe(pool: pool) }
        }
    }

    /// Defines a pool over a directory on the hypervisor's host; the directory is not made.
    public func definePool(name: String, directory: String) async throws(LibvirtError) {
        let target = XMLElement("target", [:], [XMLElement("path", text: directory)])
        let element = XMLElement("pool", ["type": "dir"], [XMLElement("name", text: name), target])
        try await call { handle throws(LibvirtError) in
            let object = "pool '\(name)'"
            let xml = try handle.render(element, "virStoragePoolDefineXML", object)
            let pool = try handle.make(
                "virStoragePoolDefineXML", object, virStoragePoolDefineXML(handle.pointer, xml, 0))
            virStoragePoolFree(pool)
        }
    }

    /// Makes a defined pool usable.
    public func startPool(_ name: String) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            try handle.withPool(name) { pool throws(LibvirtError) in
                try handle.change("virStoragePoolCreate", "pool '\(name)'", virStoragePoolCreate(pool, 0))
            }
        }
    }

    /// Has libvirt look again at what lies in a pool: it does not see what others put there.
    public func refreshPool(_ name: String) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            try handle.withPool(name) { pool throws(LibvirtError) in
                try handle.check("virStoragePoolRefresh", "pool '\(name)'", virStoragePoolRefresh(pool, 0))
            }
        }
    }

    /// The names of a pool's volumes, by one call.
    public func volumeNames(inPool name: String) async throws(LibvirtError) -> [String] {
        try await call { handle throws(LibvirtError) in
            try handle.withPool(name) { pool throws(LibvirtError) in
                try handle.list(
                    "virStoragePoolListAllVolumes", "pool '\(name)'", { virStoragePoolListAllVolumes(pool, $0, 0) },
                    free: { virStorageVolFree($0) }
                ) { volume throws(LibvirtError) in
                    // The name lies in the volume, which is given back right after this.
                    String(
                        cString: try handle.unwrap(
                            "virStorageVolGetName", "pool '\(name)'", virStorageVolGetName(volume)))
                }
            }
        }
    }
}

extension Handle {
    /// What a listing call brings, each object read by `read` and given back by `free`.
    func list<T>(
        _ function: String, _ object: String,
        _ fetch: (UnsafeMutablePointer<UnsafeMutablePointer<OpaquePointer?>?>) -> Int32,
        free release: (OpaquePointer) -> Void, _ read: (OpaquePointer) throws(LibvirtError) -> T
    ) throws(LibvirtError) -> [T] {
        var list: UnsafeMutablePointer<OpaquePointer?>?
        let count = Int(try check(function, object, fetch(&list)))
        guard let list else { return [] }
        defer {
            for index in 0..<count { list[index].map(release) }
            free(list)
        }
        var values: [T] = []
        for index in 0..<count {
            if let pointer = list[index] { values.append(try read(pointer)) }
        }
        return values
    }

    /// Looks a pool up for the length of `body`.
    func withPool<T>(
        _ name: String, _ body: (virStoragePoolPtr) throws(LibvirtError) -> T
    ) throws(LibvirtError) -> T {
        let pool = try unwrap(
            "virStoragePoolLookupByName", "pool '\(name)'", virStoragePoolLookupByName(pointer, name))
        defer { virStoragePoolFree(pool) }
        return try body(pool)
    }

    fileprivate func describe(pool: virStoragePoolPtr) throws(LibvirtError) -> StoragePool {
        let object = "pool '\(virStoragePoolGetName(pool).map { String(cString: $0) } ?? "")'"
        let active = try check("virStoragePoolIsActive", object, virStoragePoolIsActive(pool)) == 1
        let xml = try unwrap("virStoragePoolGetXMLDesc", object, virStoragePoolGetXMLDesc(pool, 0))
        defer { free(xml) }
        return try parsed("virStoragePoolGetXMLDesc", object) { () throws(XMLError) in
            try StoragePool(parsing: xml, isActive: active)
        }
    }

    /// What `parse` makes of a dump; a dump that cannot be read is libvirt's fault, and told as such.
    func parsed<T>(
        _ function: String, _ object: String, _ parse: () throws(XMLError) -> T
    ) throws(LibvirtError) -> T {
        do throws(XMLError) {
            return try parse()
        } catch {
            throw refusal(.xmlError, function, object, "what libvirt dumped cannot be read: \(error)")
        }
    }
}
