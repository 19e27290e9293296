import ClusterModel
import FoundationEssentials
import Lab
import Planning
import Reconciler

/// A cluster's spec and the ports to its systems.
struct Session: Sendable {
    let spec: ClusterSpec
    let ports: Ports
    let clock = Clock()

    /// - Parameter lab: a lab's directory; libvirt's test driver takes no uploads, so the lab keeps what they bring.
    init(_ spec: ClusterSpec, lab: String?) throws(CommandError) {
        self.spec = spec
        do throws(PortError) {
            let hashes = ImageHashCache(environment: ProcessInfo.processInfo.environment)
            ports = try Connect.ports(to: spec, imageHashes: hashes) { hypervisor in
                guard let lab, hypervisor.uri.hasPrefix("test") else { return nil }
                return LabContents(LabVolumes(directory: lab))
            }
        } catch {
            throw CommandError(.unreachable, error.message)
        }
    }

    /// - Parameter previous: what was known before is remembered where it cannot be read now.
    func observe(after previous: Observed? = nil, images: ImageReading = .whole) async -> Observed {
        await Observer(ports: ports, clock: clock).observe(spec, previous: previous, images: images)
    }

    /// Writes down what a person orders, without the lease.
    func order(_ body: (EtcdRegistry) async throws(PortError) -> Void) async throws(CommandError) {
        do throws(PortError) {
            try await body(Connect.registry(of: spec))
        } catch {
            throw CommandError(error.kind == .unreachable ? .unreachable : .failed, error.message)
        }
    }
}
