import FoundationEssentials
import Libvirt

/// The names that guests of ours give themselves, each asked for until it is known, and then not again before the guest's next start.
actor GuestNames {
    private var known: [UUID: (start: Int32, name: String)] = [:]

    /// By domain, of those that run, are marked and have an agent that answers: one call for each that is not known yet.
    func names(of domains: [Domain], on connection: LibvirtConnection) async -> [UUID: String] {
        let running = domains.filter { domain in
            domain.summary.id != nil && domain.summary.state == .running && domain.description.agent != nil
                && domain.description.metadata(inNamespace: MarkElement.namespace) != nil
        }
        // The test driver makes names up, and has no agent to ask.
        guard !running.isEmpty, let driver = try? await connection.driver(), !driver.isTest else { return [:] }
        let unknown = running.filter { known[$0.summary.uuid]?.start != $0.summary.id }
        let found = await withTaskGroup(of: (DomainSummary, String?).self) { group in
            for domain in unknown {
                group.addTask {
                    let name = try? await connection.guestHostname(of: .uuid(domain.summary.uuid))
                    return (domain.summary, name)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for case (let summary, let name?) in found {
            if let start = summary.id { known[summary.uuid] = (start, name) }
        }
        let starts = Dictionary(running.map { ($0.summary.uuid, $0.summary.id) }) { first, _ in first }
        known = known.filter { starts[$0.key] == $0.value.start }
        return known.mapValues(\.name)
    }
}
