import ClusterModel
import FoundationEssentials
import Libvirt
import OrderedJSON
import Provisioning

/// A node's mark as the metadata element that it is in the domain.
enum MarkElement {
    static let namespace = "urn:dialtone:1"
    static let prefix = "dialtone"

    static func element(_ mark: NodeMark) -> XMLElement {
        let space = XMLNamespace(prefix: prefix, uri: namespace)
        var attributes = [
            XMLElement.Attribute("cluster", mark.cluster), XMLElement.Attribute("node", mark.node),
            XMLElement.Attribute("format", String(mark.format)),
        ]
        if let startedAt = mark.startedAt {
            attributes.append(XMLElement.Attribute("startedAt", Timestamp.text(startedAt)))
        }
        if mark.awaitsRestart { attributes.append(XMLElement.Attribute("awaitsRestart", "true")) }
        func part(_ name: String, _ value: some Encodable) -> XMLElement.Node {
            .element(XMLElement(name, namespace: space, children: [.text(CanonicalJSON.text(value))]))
        }
        return XMLElement(
            "node", namespace: space, attributes: attributes,
            children: [part("inputs", mark.inputs), part("owns", mark.owns)])
    }

    static func mark(_ element: XMLElement) -> ClusterModel.DomainState.Mark {
        let cluster = element.attribute("cluster")
        guard let cluster, let node = element.attribute("node"),
            let format = element.attribute("format").flatMap(Int.init)
        else { return .unreadable(reason: "it lacks cluster, node or format", cluster: cluster) }
        guard format <= NodeMark.format else {
            return .unreadable(reason: "it is of format \(format), which a newer Dialtone wrote", cluster: cluster)
        }
        guard
            let inputs = try? JSONDocument.decode(
                NodeInputs.self, from: Array((element.first("inputs")?.text ?? "").utf8)),
            let owns = try? JSONDocument.decode(Owned.self, from: Array((element.first("owns")?.text ?? "").utf8))
        else { return .unreadable(reason: "its inputs or what it owns are damaged", cluster: cluster) }
        return .readable(
            NodeMark(
                cluster: cluster, node: node, format: format,
                startedAt: element.attribute("startedAt").flatMap(Timestamp.instant),
                awaitsRestart: element.attribute("awaitsRestart") == "true", inputs: inputs, owns: owns))
    }
}

extension ClusterModel.DomainState {
    /// As far as its XML and its state say it: not whether it is persistent.
    init(_ domain: Domain) {
        let mark = domain.description.metadata(inNamespace: MarkElement.namespace).map(MarkElement.mark)
        let run: Run =
            switch domain.summary.state {
            case .running, .blocked, .shuttingDown: .running
            case .paused: domain.summary.isStartingUp ? .starting : .paused
            case .shutOff, .crashed: .off
            case .unknown, .suspendedByGuest: .other
            }
        self.init(
            uuid: domain.summary.uuid.uuidString.lowercased(), run: run, mark: mark,
            hardware: mark == nil ? nil : Hardware(domain.description),
            running: mark == nil ? nil : domain.running.map(Hardware.init))
    }
}

extension Hardware {
    init(_ description: DomainDescription) {
        let disks = description.disks.map { disk in
            switch disk.source {
            case .volume(let pool, let name): "\(pool)/\(name)"
            case .file(let path): path
            case nil: "a \(disk.kind)"
            }
        }
        let boot: ClusterModel.Boot =
            switch description.boot {
            case .disk: .disk
            case .kernel(let path, let initrd, let arguments):
                .kernel(path: path, initrd: initrd, arguments: arguments ?? "")
            }
        self.init(
            memoryMiB: description.memoryKiB / 1024, currentMemoryMiB: description.currentMemoryKiB / 1024,
            vcpus: description.vcpus,
            disks: disks,
            interfaces: description.interfaces.map { "\($0.mac) \($0.network ?? $0.kind)" }, boot: boot)
    }
}

extension NetworkState {
    init(_ network: Network) {
        self.init(
            active: network.isActive, address: network.ipv4.flatMap { IPv4($0.address) }, prefix: network.ipv4?.prefix,
            reservations: network.reservations.compactMap { host in
                IPv4(host.ip).map { Reservation(mac: host.mac.lowercased(), name: host.name ?? "", address: $0) }
            })
    }
}

extension DHCPReservation {
    init(_ reservation: Reservation) {
        self.init(mac: reservation.mac, name: reservation.name, ip: reservation.address.description)
    }
}
