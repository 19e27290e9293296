import ClusterModel
import Planning
import Reconciler

/// `plan -o json`; every field is documented in `docs/plan-json.md`. Values of the environment and user data are not in it.
struct PlanDocument: Encodable {
    let apiVersion = "dialtone/v1"
    let kind = "Plan"
    var cluster: String
    var createdAt: String
    var boundSeconds: Int
    var summary: PlanCounts
    var steps: [PlannedStep]
    var holds: [HoldDocument]
    var unknowns: [UnknownDocument]
    var assumptions: [String]

    init(_ plan: Plan) {
        cluster = plan.cluster
        createdAt = plan.createdAt.text
        boundSeconds = plan.bound
        summary = PlanCounts(plan)
        steps = plan.steps.enumerated().map { number, step in
            PlannedStep(
                atMostSeconds: step.atMost,
                actions: step.actions.map { ActionDocument($0) { plan.registersBefore(number, $0) } },
                waits: step.waits.map { WaitDocument($0, at: plan.createdAt) })
        }
        holds = plan.holds.map(HoldDocument.init)
        unknowns = plan.unknowns.map(UnknownDocument.init)
        assumptions = plan.assumptions
    }

    struct PlannedStep: Encodable {
        var atMostSeconds: Int
        var actions: [ActionDocument]
        var waits: [WaitDocument]
    }
}

/// One action of a plan, or one that was carried out.
struct ActionDocument: Encodable {
    var kind: String
    var verb: String
    var target: String
    var reason: String
    var destructive: Bool
    var changes: [Change]
    /// Left out: none.
    var cutsCalls: Int?
    var node: NodeDocument?
    var instance: InstanceDocument?
    var kamailio: KamailioDocument?
    var shares: SharesDocument?
    var rollout: RolloutDocument?

    /// - Parameter isPending: whether an instance has yet to register when this is done.
    init(_ action: Action, isPending: (String) -> Bool = { _ in false }) {
        kind = action.kind.word
        verb = action.verb.rawValue
        target = action.target
        reason = action.reason
        destructive = action.isDestructive
        changes = action.changes
        cutsCalls = action.cuts > 0 ? action.cuts : nil
        switch action.kind {
        case .createNode(let node), .completeNode(_, let node), .startNode(let node), .updateNode(let node),
            .restartNode(let node), .replaceNode(_, let node):
            self.node = NodeDocument(node)
        case .destroyNode(let node): self.node = NodeDocument(node)
        case .placeInstance(let instance), .replaceInstance(let instance), .placeAnnouncer(let instance):
            self.instance = InstanceDocument(instance)
        case .placeKamailio(let kamailio), .updateKamailio(let kamailio): self.kamailio = KamailioDocument(kamailio)
        case .writeShares(let shares): self.shares = SharesDocument(shares, isPending: isPending)
        case .writeRollout(let record, _): rollout = record.map(RolloutDocument.init)
        case .removeInstance, .removeAnnouncer, .removeKamailio, .forgetCluster: break
        }
    }
}

/// How far a canary has come.
struct RolloutDocument: Encodable {
    var image: String
    /// Names only; left out where an earlier version of Dialtone did not write them down.
    var env: [String]?
    var state: String
    var reason: String?
    /// From 1.
    var step: Int
    var since: String?

    init(_ record: RolloutRecord) {
        image = record.version.image
        env = record.version.env?.keys.sorted()
        state = record.state.rawValue
        reason = record.reason
        step = record.step + 1
        since = record.since?.text
    }
}

struct NodeDocument: Encodable {
    var hypervisor: String
    var uuid: String
    var volumes: [String]
    var address: String?
    var image: String?
    var memoryMiB: Int?
    var vcpus: Int?
    var diskGiB: Int?
    var upload: Upload?

    struct Upload: Encodable {
        var path: String
        var volume: String
        var bytes: Int64
    }

    init(_ node: NodeDefinition) {
        let inputs = node.mark.inputs
        hypervisor = node.hypervisor
        uuid = node.uuid
        volumes = node.mark.owns.volumes
        address = inputs.address.description
        image = inputs.image
        memoryMiB = inputs.memoryMiB
        vcpus = inputs.vcpus
        diskGiB = inputs.diskGiB
        upload = node.upload.map { Upload(path: $0.path, volume: $0.volume, bytes: $0.file.bytes) }
    }

    init(_ node: NodeReference) {
        hypervisor = node.hypervisor
        uuid = node.uuid
        volumes = node.owns.volumes
    }
}

struct InstanceDocument: Encodable {
    var name: String
    var announcer: String
    var track: String
    var node: String
    var image: String
    var runtime: String
    /// Names only.
    var env: [String]

    init(_ instance: InstanceDefinition) {
        name = instance.name
        announcer = instance.announcer
        track = instance.track.rawValue
        node = instance.inputs.node
        image = instance.inputs.image
        runtime = instance.inputs.runtime.rawValue
        env = instance.inputs.env.keys.sorted()
    }
}

struct KamailioDocument: Encodable {
    var name: String
    var dispatcher: String
    var node: String
    /// `HOST:PORT`, where it takes calls.
    var address: String
    var image: String
    var runtime: String
    var trusted: [String]

    init(_ kamailio: KamailioDefinition) {
        let inputs = kamailio.inputs
        name = kamailio.name
        dispatcher = kamailio.dispatcher
        node = inputs.node
        address = "\(inputs.address):\(inputs.port)"
        image = inputs.image
        runtime = inputs.runtime.rawValue
        trusted = inputs.trusted
    }
}

struct SharesDocument: Encodable {
    var revision: Int
    var draw: Shares.Draw
    var instances: [Member]
    /// What a person should know of the split.
    var warnings: [String]

    struct Member: Encodable {
        var name: String
        /// Absent: known when registered.
        var address: String?
        var track: String
        var state: String
        var drainingSince: String?
        /// Percent of calls of which it is the first choice.
        var dealt: Double
    }

    init(_ shares: Shares, isPending: (String) -> Bool = { _ in false }) {
        revision = shares.revision
        draw = shares.draw
        let forecast = SplitForecast(shares)
        warnings = forecast.warnings
        instances = zip(shares.instances, forecast.instances).map { member, part in
            Member(
                name: member.name, address: isPending(member.name) ? nil : member.address, track: member.track.rawValue,
                state: member.state.rawValue, drainingSince: member.drainingSince?.text,
                dealt: Double(part.perMillion) / 10_000)
        }
    }
}
