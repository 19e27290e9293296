import CLibvirt
import FoundationEssentials
import Glibc
import Synchronization

extension LibvirtConnection {
    /// Every domain with its state, by one call (`virConnectGetAllDomainStats` with the group STATE).
    public func listDomains() async throws(LibvirtError) -> [DomainSummary] {
        try await call { handle throws(LibvirtError) in try DomainRecords(handle).summaries }
    }

    /// Every domain of which `chosen` wants to know more, with its XML.
    ///
    /// One call lists all; then one call for each chosen domain brings its XML, with as many in flight as the connection has threads. A domain
    /// that went away in between is left out.
    ///
    /// - Parameters:
    ///   - inactive: describes the definition that the next start takes, not the running machine.
    ///   - running: of which the running machine is described too, by one more call each.
    public func domains(
        describing chosen: (DomainSummary) -> Bool = { _ in true }, inactive: Bool = false,
        running: ([DomainSummary]) -> Set<UUID> = { _ in [] }
    ) async throws(LibvirtError) -> [Domain] {
        try await domains(describing: chosen, inactive: inactive, running: running) { $0 }
    }

    /// The same, with each domain made into something else on the thread that has read it.
    public func domains<Value: Sendable>(
        describing chosen: (DomainSummary) -> Bool = { _ in true }, inactive: Bool = false,
        running: ([DomainSummary]) -> Set<UUID> = { _ in [] },
        as make: @escaping @Sendable (Domain) -> Value
    ) async throws(LibvirtError) -> [Value] {
        let records = try await call { handle throws(LibvirtError) in try DomainRecords(handle) }
        let indices = records.summaries.indices.filter { chosen(records.summaries[$0]) }
        let reader = DomainReader(
            records: records, indices: indices, inactive: inactive, running: running(records.summaries), make: make)
        let parts = await withTaskGroup(of: Result<[(Int, Value)], LibvirtError>.self) { group in
            for _ in 0..<min(Self.threads, indices.count) {
                group.addTask {
                    do throws(LibvirtError) {
                        return .success(try await self.call { _ throws(LibvirtError) in try reader.readUntilDone() })
                    } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var domains: [(Int, Value)] = []
        for part in parts { domains += try part.get() }
        return domains.sorted { $0.0 < $1.0 }.map { $0.1 }
    }

    /// Names of the domains that run without being defined: gone when they end.
    public func transientDomains() async throws(LibvirtError) -> Set<String> {
        try await call { handle throws(LibvirtError) in
            var list: UnsafeMutablePointer<virDomainPtr?>?
            let flags = VIR_CONNECT_LIST_DOMAINS_TRANSIENT.rawValue
            let count = try handle.check(
                "virConnectListAllDomains", "transient domains",
                virConnectListAllDomains(handle.pointer, &list, flags))
            defer { free(list) }
            var names: Set<String> = []
            for index in 0..<Int(count) {
                guard let domain = list?[index] else { continue }
                if let name = virDomainGetName(domain) { names.insert(String(cString: name)) }
                virDomainFree(domain)
            }
            return names
        }
    }

    /// One domain with its state and XML, or `nil` where there is none of that name or UUID.
    ///
    /// - Parameter inactive: as for ``domains(describing:inactive:)``.
    public func domain(_ key: DomainKey, inactive: Bool = false) async throws(LibvirtError) -> Domain? {
        try await optional(.noDomain) { handle throws(LibvirtError) in
            try handle.withDomain(key) { domain, object throws(LibvirtError) in
                var (state, reason): (Int32, Int32) = (0, 0)
                try handle.check("virDomainGetState", object, virDomainGetState(domain, &state, &reason, 0))
                let summary = DomainSummary(domain, state: state, reason: reason)
                return Domain(summary: summary, description: try handle.describe(domain, object, inactive: inactive))
            }
        }
    }

    /// A domain's XML as libvirt dumps it.
    ///
    /// - Parameter inactive: of the definition that the next start takes, not of the running machine.
    public func domainXML(_ key: DomainKey, inactive: Bool = false) async throws(LibvirtError) -> String {
        try await call { handle throws(LibvirtError) in
            try handle.withDomain(key) { domain, object throws(LibvirtError) in
                let flags = inactive ? VIR_DOMAIN_XML_INACTIVE.rawValue : 0
                let text = try handle.unwrap("virDomainGetXMLDesc", object, virDomainGetXMLDesc(domain, flags))
                defer { free(text) }
                return String(cString: text)
            }
        }
    }

    /// The result of `body`, or `nil` when libvirt's answer is `absent`.
    func optional<T: Sendable>(
        _ absent: LibvirtError.Code, _ body: @escaping @Sendable (Handle) throws(LibvirtError) -> T
    ) async throws(LibvirtError) -> T? {
        do {
            return try await call(body)
        } catch {
            guard error.code == absent else { throw error }
            return nil
        }
    }
}

/// The answer of one listing; its domain objects spare a look-up for each later call.
///
/// Unchecked: the records are never changed, and freed when nobody reads them any more.
private final class DomainRecords: @unchecked Sendable {
    let handle: Handle
    let summaries: [DomainSummary]
    private let list: UnsafeMutablePointer<virDomainStatsRecordPtr?>

    init(_ handle: Handle) throws(LibvirtError) {
        self.handle = handle
        var list: UnsafeMutablePointer<virDomainStatsRecordPtr?>?
        let function = "virConnectGetAllDomainStats"
        let count = try handle.check(
            function, "all domains",
            virConnectGetAllDomainStats(handle.pointer, VIR_DOMAIN_STATS_STATE.rawValue, &list, 0))
        self.list = try handle.unwrap(function, "all domains", list)
        summaries = (0..<Int(count)).compactMap { [list = self.list] in list[$0].map { DomainSummary($0.pointee) } }
    }

    deinit {
        virDomainStatsRecordListFree(list)
    }

    subscript(index: Int) -> virDomainPtr? { list[index]?.pointee.dom }
}

/// Reads the XML of many domains from several threads, each taking the next one that nobody has.
private final class DomainReader<Value: Sendable>: Sendable {
    private let records: DomainRecords
    private let indices: [Int]
    private let inactive: Bool
    private let running: Set<UUID>
    private let make: @Sendable (Domain) -> Value
    private let next = Atomic(0)

    init(
        records: DomainRecords, indices: [Int], inactive: Bool, running: Set<UUID>,
        make: @escaping @Sendable (Domain) -> Value
    ) {
        self.records = records
        self.make = make
        self.inactive = inactive
        self.running = running
        self.indices = indices
    }

    func readUntilDone() throws(LibvirtError) -> [(Int, Value)] {
        var read: [(Int, Value)] = []
        let parser = try? XMLParser()
        while true {
            let position = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard position < indices.count else { return read }
            let index = indices[position]
            let summary = records.summaries[index]
            do throws(LibvirtError) {
                let description = try records.handle.describe(
                    records[index], "domain '\(summary.name)'", inactive: inactive, parser: parser)
                let live =
                    running.contains(summary.uuid)
                    ? try records.handle.describe(
                        records[index], "domain '\(summary.name)'", inactive: false, parser: parser) : nil
                read.append((index, make(Domain(summary: summary, description: description, running: live))))
            } catch  where error.code == .noDomain {
                continue
            } catch {
                // The others stop as well: the whole reading is lost.
                next.store(indices.count, ordering: .relaxed)
                throw error
            }
        }
    }
}

extension Handle {
    /// The domain's XML, read on this thread.
    fileprivate func describe(
        _ domain: virDomainPtr?, _ object: String, inactive: Bool, parser: XMLParser? = nil
    ) throws(LibvirtError) -> DomainDescription {
        let flags = inactive ? VIR_DOMAIN_XML_INACTIVE.rawValue : 0
        let text = try unwrap("virDomainGetXMLDesc", object, virDomainGetXMLDesc(domain, flags))
        defer { free(text) }
        return try parsed("virDomainGetXMLDesc", object) { () throws(XMLError) in
            try XMLCursor.withRoot(of: text, parser: parser) { (root) throws(XMLError) in try DomainDescription(root) }
        }
    }
}

extension DomainSummary {
    fileprivate init(_ domain: virDomainPtr, state: Int32, reason: Int32) {
        let id = virDomainGetID(domain)
        self.init(
            name: virDomainGetName(domain).map { String(cString: $0) } ?? "", uuid: UUID(of: domain),
            id: id == UInt32.max ? nil : Int32(bitPattern: id), state: DomainState(rawValue: state) ?? .unknown,
            reason: reason)
    }

    fileprivate init(_ record: virDomainStatsRecord) {
        var (state, reason): (Int32, Int32) = (0, 0)
        virTypedParamsGetInt(record.params, record.nparams, "state.state", &state)
        virTypedParamsGetInt(record.params, record.nparams, "state.reason", &reason)
        self.init(record.dom, state: state, reason: reason)
    }
}
