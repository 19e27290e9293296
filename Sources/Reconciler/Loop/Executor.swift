import ClusterModel
import HTTPTransport
import Libvirt

/// Carries out an action, operation by operation. It decides nothing.
struct Executor: Sendable {
    let ports: Ports
    let lease: LeaseKeeper
    let clock: Clock
    let progress: @Sendable (_ target: String, _ done: Int64, _ total: Int64) -> Void
    let remark: @Sendable (_ target: String, _ text: String) -> Void

    /// `nil`: done; else what went wrong. What was done so far stays, and the next look sees it.
    func perform(_ action: Action, cluster: String, at now: Instant) async -> PortError? {
        let stands: @Sendable () -> Bool = { lease.stands }
        return await SendPermission.$current.withValue(SendPermission(isGiven: stands)) {
            await CallPermission.$current.withValue(CallPermission(isGiven: stands)) {
                await carryOut(action, cluster, now)
            }
        }
    }

    private func carryOut(_ action: Action, _ cluster: String, _ now: Instant) async -> PortError? {
        let target = action.target
        do throws(PortError) {
            for operation in Procedure(action, cluster: cluster, at: now).operations {
                guard let leadership = await lease.standing() else {
                    throw PortError(.notLeader, "the leader's lease has run out: nothing more is begun")
                }
                try await perform(operation.stamped(at: clock.now()), under: leadership, target)
            }
            return nil
        } catch {
            guard !lease.stands, error.kind != .notLeader else { return error }
            return PortError(.notLeader, "the leader's lease has run out: nothing more is begun (\(error.message))")
        }
    }

    private func perform(
        _ operation: Operation, under leadership: Leadership, _ target: String
    ) async throws(PortError) {
        switch operation {
        case .hypervisor(let name, let operation):
            guard let port = ports.hypervisors[name] else {
                throw PortError(.refused, "hypervisor '\(name)' is not in the manifest")
            }
            let failure: PortError? = await Remarks.$current.withValue(Remarks { remark(target, $0) }) {
                do throws(PortError) {
                    try await port.perform(operation) { progress(target, $0, $1) }
                    return nil
                } catch {
                    return error
                }
            }
            if let failure { throw failure }
        case .registry(let operation):
            try await ports.registry.perform(operation, under: leadership)
        case .units(let operation):
            try await ports.units.perform(operation)
        }
    }
}
