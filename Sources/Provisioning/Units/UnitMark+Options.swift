import ClusterModel
import FoundationEssentials
import OrderedJSON

/// One line whatever the values hold: systemd ends a line at a newline and goes on after a backslash.
private func encodedInputs(_ inputs: InstanceInputs) -> String {
    Data(CanonicalJSON.text(inputs).utf8).base64EncodedString()
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
            .init(section, "Inputs", encodedInputs(inputs)),
            .init(section, "Hash", hash),
        ]
        if let announces { options.append(.init(section, "Announces", announces)) }
        options.append(.init(section, "PutAt", Timestamp.text(putAt)))
        return options
    }

    /// Reads the mark from a unit's options; `nil` where there is none of this format.
    public init?(options: [UnitFile.Option]) {
        var values: [String: String] = [:]
        for option in options where option.section == UnitFile.markSection { values[option.name] = option.value }
        guard let cluster = values["Cluster"], let component = values["Component"].flatMap(Component.init(rawValue:)),
            let track = values["Track"].flatMap(Track.init(rawValue:)), let node = values["Node"],
            let encoded = values["Inputs"], let data = Data(base64Encoded: encoded),
            let inputs = try? InstanceInputs(JSONDocument(Array(data)).root),
            let hash = values["Hash"], let putAt = values["PutAt"].flatMap(Timestamp.instant)
        else { return nil }
        self.init(
            cluster: cluster, component: component, track: track, node: node, inputs: inputs, hash: hash,
            announces: values["Announces"], putAt: putAt)
    }
}
