import ClusterModel
import FoundationEssentials
import OrderedJSON

/// One line whatever the values hold: systemd ends a line at a newline and goes on after a backslash.
private func encoded(_ inputs: some Encodable) -> String {
    Data(CanonicalJSON.text(inputs).utf8).base64EncodedString()
}

private func decoded(_ text: String) -> JSONDocument? {
    Data(base64Encoded: text).flatMap { try? JSONDocument(Array($0)) }
}

private func markValues(_ options: [UnitFile.Option]) -> [String: String] {
    var values: [String: String] = [:]
    for option in options where option.section == UnitFile.markSection { values[option.name] = option.value }
    return values
}

extension UnitMark {
    /// The mark as options of its own section.
    var options: [UnitFile.Option] {
        let section = UnitFile.markSection
        var options: [UnitFile.Option] = [
            .init(section, "Cluster", cluster),
            .init(section, "Component", component.rawValue),
            .init(section, "Track", track.rawValue),
            .init(section, "Node", node),
            .init(section, "Inputs", encoded(inputs)),
            .init(section, "Hash", hash),
        ]
        if let announces { options.append(.init(section, "Announces", announces)) }
        if let announcing { options.append(.init(section, "Announcing", encoded(announcing))) }
        options.append(.init(section, "PutAt", Timestamp.text(putAt)))
        return options
    }

    /// Reads the mark from a unit's options; `nil` where there is none of this format.
    public init?(options: [UnitFile.Option]) { self.init(markValues(options)) }

    fileprivate init?(_ values: [String: String]) {
        guard let cluster = values["Cluster"], let component = values["Component"].flatMap(Component.init(rawValue:)),
            let track = values["Track"].flatMap(Track.init(rawValue:)), let node = values["Node"],
            let inputs = values["Inputs"].flatMap(decoded).flatMap({ try? InstanceInputs($0.root) }),
            let hash = values["Hash"], let putAt = values["PutAt"].flatMap(Timestamp.instant)
        else { return nil }
        self.init(
            cluster: cluster, component: component, track: track, node: node, inputs: inputs, hash: hash,
            announces: values["Announces"],
            announcing: values["Announcing"].flatMap(decoded).flatMap { try? AnnouncerInputs($0.root) }, putAt: putAt)
    }
}

extension KamailioMark {
    /// The mark as options of its own section.
    var options: [UnitFile.Option] {
        let section = UnitFile.markSection
        var options: [UnitFile.Option] = [
            .init(section, "Cluster", cluster), .init(section, "Component", component.rawValue),
            .init(section, "Node", node), .init(section, "Inputs", encoded(inputs)), .init(section, "Hash", hash),
        ]
        if let serves { options.append(.init(section, "Serves", serves)) }
        options.append(.init(section, "PutAt", Timestamp.text(putAt)))
        return options
    }

    /// - Parameter values: of the mark's section; `nil` comes of those that are none of this format.
    fileprivate init?(_ values: [String: String]) {
        guard let cluster = values["Cluster"], let component = values["Component"].flatMap(Component.init(rawValue:)),
            let bytes = values["Inputs"].flatMap({ Data(base64Encoded: $0) }),
            let inputs = try? JSONDocument.decode(KamailioInputs.self, from: Array(bytes)), let hash = values["Hash"],
            let putAt = values["PutAt"].flatMap(Timestamp.instant)
        else { return nil }
        self.init(
            cluster: cluster, component: component, inputs: inputs, hash: hash, serves: values["Serves"], putAt: putAt)
    }
}

/// The marks of a unit, read once: of which cluster it is, and whether it is as it was put.
public struct UnitMarks: Sendable, Hashable {
    public let instance: UnitMark?
    public let kamailio: KamailioMark?

    public init(options: [UnitFile.Option]) {
        let values = markValues(options)
        instance = UnitMark(values)
        kamailio = instance == nil ? KamailioMark(values) : nil
    }

    /// `nil`: it is nobody's of ours.
    public var cluster: String? { instance?.cluster ?? kamailio?.cluster }
    public var hash: String? { instance?.hash ?? kamailio?.hash }
}
