import ClusterModel
import Planning
import Provisioning
import Reconciler

/// What a controller's shell does: leads, and carries out operations one by one.
extension Simulation {
    mutating func acquire(for id: Int) {
        guard !faults.down.contains(.registry), !chance.happens(faults.refused) else {
            return schedule(
                .deliver(.leadership(.failed(PortError(.unreachable, "etcd cannot be reached")))), of: id,
                after: delay(300))
        }
        let record = LeaderRecord(name: "controller \(id)", pid: controllers[id].life, since: now)
        let seconds = controllers[id].machine.settings.leaseSeconds
        guard let leadership = world.etcd.acquire(record, seconds: seconds, now) else {
            return schedule(
                .deliver(.leadership(.refused(by: world.etcd.leader?.record))), of: id, after: delay(300))
        }
        note("controller \(id) leads")
        controllers[id].held = (leadership, now.advanced(bySeconds: seconds))
        schedule(.renew(leadership), of: id, after: seconds * 1000 / 3)
        schedule(.deliver(.leadership(.granted)), of: id, after: delay(300))
    }

    mutating func renew(_ leadership: Leadership, for id: Int) {
        guard let held = controllers[id].held, held.leadership == leadership else { return }
        let seconds = controllers[id].machine.settings.leaseSeconds
        if faults.down.contains(.registry) {
            guard now >= held.until else { return schedule(.renew(leadership), of: id, after: seconds * 1000 / 3) }
        } else if world.etcd.renew(leadership, seconds: seconds, now) {
            let until = now.advanced(bySeconds: seconds)
            controllers[id].held?.until = until
            return schedule(.renew(leadership), of: id, after: seconds * 1000 / 3)
        }
        note("controller \(id) has lost the lease")
        controllers[id].held = nil
        tell(.leadership(.lost), to: id)
    }

    /// The leadership, while its lease has a second or more to run: asked right before each operation.
    private func standing(_ id: Int) -> Leadership? {
        guard let held = controllers[id].held else { return nil }
        if tampering.ignoresLease { return held.leadership }
        return now.milliseconds < held.until.milliseconds - 1000 ? held.leadership : nil
    }

    mutating func operate(_ target: String, for id: Int) {
        guard var job = controllers[id].jobs[target] else { return }
        guard !job.operations.isEmpty else { return finish(target, nil, for: id) }
        guard let leadership = standing(id) else {
            return finish(target, PortError(.notLeader, "the leader's lease has run out"), for: id)
        }
        let operation = job.operations.removeFirst().stamped(at: now)
        if faults.isDown(operation) || chance.happens(faults.refused) {
            return finish(target, PortError(.unreachable, "cannot be reached"), for: id)
        }
        if chance.happens(faults.lostBefore) {
            return finish(target, PortError(.outcomeUnknown, "no answer came"), for: id)
        }
        let before = guardian.look(world)
        let error: PortError?
        do throws(PortError) {
            try world.perform(operation, under: leadership)
            error = nil
        } catch let problem {
            error = problem
        }
        note("controller \(id) \(operation.summary)\(error.map { " failed: \($0)" } ?? "")")
        guardian.check(
            operation, of: job.action, basis: job.basis, by: leadership, before, &world, &violations)
        operations += 1
        if error == nil, case .registry(.writeRollout(_, let record?, let obeys)) = operation {
            canaries.insert(CanaryFate(record, obeys))
        }
        if let error, operations != crashAfter { return finish(target, error, for: id) }
        controllers[id].jobs[target] = job
        if operations == crashAfter || chance.happens(faults.crash) {
            note("controller \(id) crashes")
            controllers[id].isAlive = false
            controllers[id].held = nil
            return
        }
        if chance.happens(faults.freeze) {
            let seconds = chance.pick(1...40)
            note("controller \(id) is stopped for \(seconds) s")
            controllers[id].frozenUntil = now.advanced(bySeconds: seconds)
        }
        if chance.happens(faults.lostAfter) {
            return finish(target, PortError(.outcomeUnknown, "no answer came"), for: id)
        }
        schedule(.operate(target: target), of: id, after: delay(1000))
    }

    private mutating func finish(_ target: String, _ error: PortError?, for id: Int) {
        controllers[id].jobs[target] = nil
        schedule(.deliver(.finished(target: target, error)), of: id, after: delay(200))
    }
}

extension Reconciler.Operation {
    var summary: String {
        switch self {
        case .hypervisor(let name, let operation): "\(name): \(operation.summary)"
        case .registry(let operation): "etcd: \("\(operation)".prefix(160))"
        case .units(.put(let file, _)): "fleet: put \(file.name)"
        case .units(.remove(let name, _)): "fleet: remove \(name)"
        }
    }
}

extension HypervisorOperation {
    var summary: String {
        switch self {
        case .define(let node): "define \(node.name)"
        case .reserve(let node): "reserve \(node.name)"
        case .ensureImage(_, let upload): "upload \(upload.volume)"
        case .createOverlay(let node, _, _, _): "createOverlay \(node.owns.overlay)"
        case .writeDrive(let node, _, _): "writeDrive \(node.owns.drive)"
        case .start(let name, _, _): "start \(name)"
        case .stop(let node, _): "stop \(node.name)"
        case .deleteVolume(_, let volume): "deleteVolume \(volume)"
        case .deleteUnusedImage(_, let volume): "deleteUnusedImage \(volume)"
        case .release(let node): "release \(node.name)"
        case .undefine(let node): "undefine \(node.name)"
        }
    }
}
