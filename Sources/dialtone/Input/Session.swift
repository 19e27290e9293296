import ClusterModel
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
            ports = try Connect.ports(to: spec) { hypervisor in
                guard let lab, hypervisor.uri.hasPrefix("test") else { return nil }
                return LabContents(volumes: LabVolumes(directory: lab))
            }
        } catch {
            throw CommandError(.unreachable, error.message)
        }
    }

    /// - Parameter previous: what was known before is remembered where it cannot be read now.
    func observe(after previous: Observed? = nil) async -> Observed {
        await Observer(ports: ports, clock: clock).observe(spec, previous: previous)
    }
}

/// The contents of volumes, kept by a lab.
private struct LabContents: VolumeContents {
    let volumes: LabVolumes

    func write(
        _ source: VolumeSource, pool: String, volume: String, progress: @escaping Progress
    ) async throws(PortError) {
        do throws(LabError) {
            switch source {
            case .bytes(let bytes): try volumes.store(pool: pool, name: volume, bytes: bytes)
            case .file(let path): try volumes.store(pool: pool, name: volume, copying: path)
            }
        } catch {
            throw PortError(.refused, "volume \(volume) of pool \(pool): the lab cannot keep its content: \(error)")
        }
    }

    func discard(pool: String, volume: String) async {
        // A content that stays behind goes with the lab.
        try? volumes.delete(pool: pool, name: volume)
    }
}
