import ClusterModel
import Planning

/// `status -o json`; every field is documented in `docs/plan-json.md`.
struct StatusDocument: Encodable {
    let apiVersion = "dialtone/v1"
    let kind = "Status"
    var cluster: String
    var at: String
    var converged: Bool
    var nodes: [Node]
    var instances: [Instance]
    var kamailios: [Kamailio]
    var shares: SharesDocument?
    var leader: Leader?
    var drains: [Drain]
    var ghosts: [String]
    var now: StepDocument
    var unknowns: [UnknownDocument]

    struct Node: Encodable {
        var name: String
        var hypervisor: String
        var state: String
        var joined: Bool?
        var address: String
        var startedAt: String?
    }

    struct Instance: Encodable {
        var name: String
        var track: String
        var node: String
        var image: String
        var address: String?
        var up: Bool?
        var calls: Int?
        var share: String?
        /// Left out: no probe call was asked for, or it has yet to be made.
        var probe: Probe?

        struct Probe: Encodable {
            var `extension`: String
            var failure: String?
        }
    }

    struct Kamailio: Encodable {
        var name: String
        var node: String
        var address: String
        var revision: Int?
    }

    struct Drain: Encodable {
        var target: String
        var by: String
        var note: String
        var at: String
    }

    struct Leader: Encodable {
        var name: String
        var pid: Int
        var since: String

        init(_ record: LeaderRecord) {
            name = record.name
            pid = record.pid
            since = record.since.text
        }
    }

    init(_ status: ClusterStatus) {
        cluster = status.spec.name
        at = status.now.text
        nodes = status.overview.nodes.map {
            Node(
                name: $0.name, hypervisor: $0.hypervisor, state: $0.run.rawValue, joined: $0.hasJoined,
                address: $0.address.description, startedAt: $0.startedAt?.text)
        }
        instances = status.overview.instances.map {
            Instance(
                name: $0.name, track: $0.track.rawValue, node: $0.node, image: $0.image, address: $0.address,
                up: $0.isUp, calls: $0.calls, share: $0.share?.rawValue,
                probe: $0.probe.map { .init(extension: $0.extension, failure: $0.failure) })
        }
        kamailios = status.overview.kamailios.map {
            Kamailio(name: $0.name, node: $0.node, address: $0.address, revision: $0.revision)
        }
        let registry = status.observed.registry.value
        shares = registry?.shares.map { SharesDocument($0) }
        leader = registry?.leader.map(Leader.init)
        drains = (registry?.drains ?? [:]).sorted { $0.key < $1.key }.map {
            Drain(target: $0.key, by: $0.value.by, note: $0.value.note, at: $0.value.at.text)
        }
        ghosts = status.observed.units.value?.ghosts ?? []
        now = StepDocument(status.step, at: status.now)
        unknowns = status.observed.unknownSources.map(UnknownDocument.init)
        converged = status.step.isConverged && status.step.holds.isEmpty && unknowns.isEmpty
    }
}
