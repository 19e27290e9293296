import CLibvirt
import FoundationEssentials
import Glibc

extension LibvirtConnection {
    /// Defines a domain, or defines it anew when name and UUID are those of one that is there.
    ///
    /// libvirt refuses a name or UUID that another domain has (code 9).
    @discardableResult
    public func define(_ definition: DomainDefinition) async throws(LibvirtError) -> UUID {
        try await call { handle throws(LibvirtError) in
            let xml = try handle.render(
                definition.element(for: handle.driver), "virDomainDefineXML", "domain '\(definition.name)'")
            return try handle.define(xml, object: "domain '\(definition.name)'")
        }
    }

    /// Defines a domain from libvirt's own XML.
    @discardableResult
    public func define(xml: String) async throws(LibvirtError) -> UUID {
        try await call { handle throws(LibvirtError) in try handle.define(xml, object: "a domain") }
    }

    /// Removes the definition with all that libvirt keeps beside it: firmware variables, saved state, data of snapshots and checkpoints.
    ///
    /// A driver that knows nothing of these is asked to remove the definition alone. A domain that runs goes on, and is gone when it ends.
    public func undefine(_ key: DomainKey) async throws(LibvirtError) {
        try await act(on: key) { handle, domain, object throws(LibvirtError) in
            let everything =
                VIR_DOMAIN_UNDEFINE_MANAGED_SAVE.rawValue | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA.rawValue
                | VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA.rawValue | VIR_DOMAIN_UNDEFINE_NVRAM.rawValue
            do throws(LibvirtError) {
                try handle.change("virDomainUndefineFlags", object, virDomainUndefineFlags(domain, everything))
            } catch  where error.code == .noSupport || error.code == .invalidArgument {
                // The latter is how a driver refuses flags that it does not know (virCheckFlags).
                try handle.change("virDomainUndefine", object, virDomainUndefine(domain))
            }
        }
    }

    /// Starts a domain that is defined (`virDomainCreate`).
    public func start(_ key: DomainKey) async throws(LibvirtError) {
        try await act(on: key) { handle, domain, object throws(LibvirtError) in
            try handle.change("virDomainCreate", object, virDomainCreate(domain))
        }
    }

    /// Asks the guest to shut down; the call does not wait for it, and the guest need not obey.
    public func shutdown(_ key: DomainKey) async throws(LibvirtError) {
        try await act(on: key) { handle, domain, object throws(LibvirtError) in
            try handle.change("virDomainShutdown", object, virDomainShutdown(domain))
        }
    }

    /// Ends a domain at once, as if its power were cut.
    public func destroy(_ key: DomainKey) async throws(LibvirtError) {
        try await act(on: key) { handle, domain, object throws(LibvirtError) in
            try handle.change("virDomainDestroy", object, virDomainDestroy(domain))
        }
    }

    /// Writes the metadata element of a namespace, into the definition and, where the domain runs, into the running domain.
    ///
    /// - Parameters:
    ///   - element: the new content, or `nil` to remove it. libvirt itself puts it into the namespace.
    ///   - key: the prefix to use.
    ///   - uri: the namespace.
    public func setMetadata(
        _ element: XMLElement?, key: String, uri: String, of domain: DomainKey
    ) async throws(LibvirtError) {
        try await act(on: domain) { handle, domain, object throws(LibvirtError) in
            // libvirt declares the prefix on the root itself, and fails when it is there already.
            var xml: String?
            if let element {
                xml = try handle.render(element.withoutNamespace(uri), "virDomainSetMetadata", object)
            }
            var flags = VIR_DOMAIN_AFFECT_CONFIG.rawValue
            if virDomainGetID(domain) != UInt32.max {
                flags |= VIR_DOMAIN_AFFECT_LIVE.rawValue
            }
            try handle.change(
                "virDomainSetMetadata", object,
                virDomainSetMetadata(
                    domain, Int32(VIR_DOMAIN_METADATA_ELEMENT.rawValue), xml, key, uri, flags))
        }
    }

    /// The name that the guest gives itself, as its agent says (code 86 when no agent answers).
    ///
    /// The test driver makes one up, so it is to be asked only where an agent is connected.
    public func guestHostname(of domain: DomainKey) async throws(LibvirtError) -> String {
        try await call { handle throws(LibvirtError) in
            try handle.withDomain(domain) { domain, object throws(LibvirtError) in
                let name = try handle.unwrap(
                    "virDomainGetHostname", object,
                    virDomainGetHostname(domain, VIR_DOMAIN_GET_HOSTNAME_AGENT.rawValue))
                defer { free(name) }
                return String(cString: name)
            }
        }
    }

    private func act(
        on key: DomainKey,
        _ body: @escaping @Sendable (Handle, virDomainPtr, String) throws(LibvirtError) -> Void
    ) async throws(LibvirtError) {
        try await call { handle throws(LibvirtError) in
            try handle.withDomain(key) { domain, object throws(LibvirtError) in try body(handle, domain, object) }
        }
    }
}

extension Handle {
    /// Looks a domain up for the length of `body`.
    func withDomain<T>(
        _ key: DomainKey, _ body: (virDomainPtr, String) throws(LibvirtError) -> T
    ) throws(LibvirtError) -> T {
        let object = key.description
        let domain: virDomainPtr =
            switch key {
            case .name(let name):
                try unwrap("virDomainLookupByName", object, virDomainLookupByName(pointer, name))
            case .uuid(let uuid):
                try unwrap(
                    "virDomainLookupByUUIDString", object, virDomainLookupByUUIDString(pointer, uuid.uuidString))
            }
        defer { virDomainFree(domain) }
        return try body(domain, object)
    }

    /// The element as text; what XML cannot carry is refused before libvirt is asked.
    func render(_ element: XMLElement, _ function: String, _ object: String) throws(LibvirtError) -> String {
        do throws(XMLError) {
            return try element.rendered()
        } catch {
            throw refusal(.xmlError, function, object, error.description)
        }
    }

    fileprivate func define(_ xml: String, object: String) throws(LibvirtError) -> UUID {
        let domain = try make("virDomainDefineXML", object, virDomainDefineXML(pointer, xml))
        defer { virDomainFree(domain) }
        return UUID(of: domain)
    }
}
