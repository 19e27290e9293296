import ClusterModel

extension Action {
    /// What begins its line in a plan.
    var symbol: String {
        switch verb {
        case .create: "+"
        case .change: "~"
        case .replace: "-/+"
        case .destroy: "-"
        }
    }

    /// What kind of thing its target is.
    var noun: String {
        switch kind {
        case .createNode, .completeNode, .startNode, .updateNode, .restartNode, .replaceNode, .destroyNode: "node"
        case .placeInstance, .replaceInstance, .removeInstance: "instance"
        case .placeAnnouncer, .removeAnnouncer: "announcer"
        case .placeKamailio, .updateKamailio, .removeKamailio: "kamailio"
        case .writeShares: "shares"
        case .writeRollout: "canary"
        case .forgetCluster: "keys"
        }
    }

    /// What is done, as a person would say it: `create node a-node-1`.
    var phrase: String {
        let what = noun == target ? noun : noun == "keys" ? "keys of \(target)" : "\(noun) \(target)"
        return "\(verbWord) \(what)".printable
    }

    private var verbWord: String {
        switch kind {
        case .createNode: "create"
        case .completeNode: "complete"
        case .startNode: "start"
        case .updateNode, .updateKamailio: "update"
        case .restartNode: "restart"
        case .replaceNode, .replaceInstance: "replace"
        case .destroyNode: "destroy"
        case .placeInstance, .placeAnnouncer, .placeKamailio: "place"
        case .removeInstance, .removeAnnouncer, .removeKamailio: "remove"
        case .writeShares, .writeRollout: "write"
        case .forgetCluster: "forget"
        }
    }

    /// Its line in a plan, without the symbol.
    var line: String {
        let detail =
            switch kind {
            case .createNode(let node): " on \(node.hypervisor), \(node.made)"
            case .replaceNode(_, let node): " on \(node.hypervisor), \(node.made)"
            case .completeNode(_, let node): " on \(node.hypervisor), complete, \(node.made)"
            case .startNode(let node): " on \(node.hypervisor), start"
            case .updateNode(let node): " on \(node.hypervisor), update while it runs"
            case .restartNode(let node): " on \(node.hypervisor), restart"
            case .destroyNode(let node): " on \(node.hypervisor), with \(node.owns.volumes.prefix(2).listed)"
            case .placeInstance(let instance), .replaceInstance(let instance):
                " on \(instance.inputs.node), \(instance.track.rawValue), image \(instance.inputs.image)"
            case .placeKamailio(let kamailio), .updateKamailio(let kamailio):
                " on \(kamailio.inputs.node), \(kamailio.inputs.address):\(kamailio.inputs.port), image \(kamailio.inputs.image)"
            case .removeInstance(_, let node), .removeKamailio(_, let node): node.isEmpty ? "" : " from \(node)"
            case .placeAnnouncer(let instance): " beside \(instance.name)"
            case .writeRollout(let record, _): record.map { " of \($0.version.image), \($0.progress)" } ?? ""
            case .removeAnnouncer, .writeShares, .forgetCluster: ""
            }
        let name = noun == target ? noun : noun == "keys" ? "keys of \(target)" : "\(noun) \(target)"
        let cut = cuts == 0 ? "" : cuts == 1 ? ", and cuts 1 call" : ", and cuts \(cuts) calls"
        return "\(name)\(detail): \(reason)\(cut)".printable
    }
}

extension RolloutRecord {
    /// `step 2, running`
    var progress: String { "step \(step + 1), \(state.rawValue)" }
}

extension NodeDefinition {
    /// What it is made from, in short.
    fileprivate var made: String {
        let inputs = mark.inputs
        let upload = upload.map { ", uploads \($0.path) (\(Bytes.text($0.file.bytes)))" } ?? ""
        return """
            address \(inputs.address), \(inputs.vcpus) vcpus, \(inputs.memoryMiB) MiB, disk \(inputs.diskGiB) GiB, \
            image \(inputs.image)\(upload)
            """
    }
}

extension Sequence<String> {
    fileprivate var listed: String { joined(separator: ", ") }
}

/// Numbers of bytes, for people.
enum Bytes {
    /// With one digit after the point and a binary unit: `1.5 GiB`.
    static func text(_ bytes: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var tenths = bytes * 10
        var unit = 0
        while tenths >= 10240, unit < units.count - 1 {
            tenths /= 1024
            unit += 1
        }
        return unit == 0 ? "\(bytes) B" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
