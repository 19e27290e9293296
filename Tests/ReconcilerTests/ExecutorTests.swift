import ClusterModel
import Synchronization
import Testing

@testable import Reconciler

@Suite struct ExecutorTests {
    /// Writes down what it is asked, and takes its time for uploads.
    private final class SlowHypervisor: HypervisorPort {
        let performed = Mutex<[HypervisorOperation]>([])

        func observe() async throws(PortError) -> HypervisorState {
            HypervisorState(domains: [:], pool: nil, network: nil)
        }

        func perform(_ operation: HypervisorOperation, progress: @escaping Progress) async throws(PortError) {
            if case .ensureImage = operation { try? await Task.sleep(for: .milliseconds(300)) }
            performed.withLock { $0.append(operation) }
        }

        func changes() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
    }

    private struct Others: RegistryPort, UnitsPort, ImagesPort {
        func observe() async throws(PortError) -> RegistryState { RegistryState() }
        func observe() async throws(PortError) -> UnitsState { UnitsState() }
        func perform(_ operation: RegistryOperation, under leadership: Leadership) async throws(PortError) {}
        func remembered(_ path: String) async throws(PortError) -> ImageFile? { nil }
        func perform(_ operation: UnitOperation) async throws(PortError) {}
        func changes() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
        func acquire(_ record: LeaderRecord, seconds: Int) async throws(PortError) -> Leadership? {
            Leadership(lease: 1, createRevision: 1)
        }
        func renew(_ leadership: Leadership) async throws(PortError) -> Bool { true }
        func release(_ leadership: Leadership) async throws(PortError) {}
        func describe(_ path: String) async throws(PortError) -> ImageFile { ImageFile(sha256: "", bytes: 0) }
    }

    @Test("startedAt is of just before the start, however long the upload before it took")
    func startedAt() async throws {
        let hypervisor = SlowHypervisor()
        let others = Others()
        let ports = Ports(hypervisors: ["h": hypervisor], registry: others, units: others, images: others)
        let record = LeaderRecord(name: "test", pid: 1, since: Instant(seconds: 0))
        let lease = LeaseKeeper(registry: others, record: record, seconds: 60, clock: Clock())
        guard case .granted = await lease.acquire(onLoss: {}) else {
            Issue.record("no lease")
            return
        }
        let executor = Executor(
            ports: ports, lease: lease, clock: Clock(), progress: { _, _, _ in }, remark: { _, _ in })
        let begun = Clock().now()
        let error = await executor.perform(Action(.createNode(Self.node), reason: ""), cluster: "a", at: begun)
        #expect(error == nil)
        let start = hypervisor.performed.withLock { $0.last }
        guard case .start(_, _, let time) = try #require(start) else {
            Issue.record("the last is no start")
            return
        }
        #expect(time.milliseconds >= begun.milliseconds + 300)
        #expect(time <= Clock().now())
        await lease.release()
    }

    private static let node: NodeDefinition = {
        let owns = Owned(
            pool: "p", overlay: "o", drive: "d", image: "i", network: "n",
            reservation: Reservation(mac: "52:54:00:00:00:0b", name: "a-node-1", address: IPv4(number: 1)))
        let inputs = NodeInputs(
            pool: "p", network: "n", image: "i", format: .qcow2, boot: .disk, memoryMiB: 1, vcpus: 1, diskGiB: 1,
            address: IPv4(number: 1), prefix: 24, gateway: nil, dns: [], sshAuthorizedKeys: [], userData: nil, etcd: [],
            defaulted: [])
        return NodeDefinition(
            name: "a-node-1", hypervisor: "h", uuid: "u",
            mark: NodeMark(cluster: "a", node: "a-node-1", inputs: inputs, owns: owns),
            upload: ImageUpload(path: "/i", volume: "i", file: ImageFile(sha256: "0", bytes: 1)), userData: nil)
    }()
}
