/// Reads all sources and lays them over one another.
enum Sources {
    struct Merged {
        /// All sources in turn and then the overrides.
        var tree: Node
        /// What the sources say of `spec.connections.etcd`, where an override says something else.
        var hiddenEtcd: Node?
    }

    /// `nil` when one of the sources cannot be read.
    static func merged(
        _ sources: [ManifestSource], _ overrides: ManifestOverrides, _ findings: inout Findings
    ) -> Merged? {
        let trees = sources.enumerated().map { compose($1.bytes, file: $0, &findings) }
        refuseOthers(trees.compactMap { $0 }, &findings)
        guard let first = trees.first, trees.allSatisfy({ $0 != nil }), var merged = first else { return nil }
        for tree in trees.dropFirst() {
            if let tree { merged = merged.overlaid(by: tree) }
        }
        let hidden = overrides.etcd == nil ? nil : merged["spec"]?["connections"]?["etcd"]
        if let tree = overrides.tree(firstFile: Int32(sources.count)) { merged = merged.overlaid(by: tree) }
        return Merged(tree: merged, hiddenEtcd: hidden)
    }

    /// Files are parts of one cluster's manifest: two that name two clusters are no more one than the other.
    private static func refuseOthers(_ trees: [Node], _ findings: inout Findings) {
        let names = trees.compactMap { tree -> (place: Place, text: String)? in
            guard let name = tree["metadata"]?["name"], case .scalar(let scalar) = name.value else { return nil }
            return (name.place, scalar.text)
        }
        guard let first = names.first else { return }
        for other in names.dropFirst() where other.text != first.text {
            let place = "\(findings.name(of: first.place)):\(first.place.line):\(first.place.column)"
            findings.report(
                "metadata.name is \"\(other.text.shortened)\", another cluster than \"\(first.text.shortened)\" "
                    + "(\(place)); allowed are files of one cluster", at: other.place)
        }
    }

    private static func compose(_ bytes: [UInt8], file: Int, _ findings: inout Findings) -> Node? {
        let start = Place(file: Int32(file), line: 1, column: 1)
        guard bytes.count <= Composer.maximumBytes else {
            findings.report(
                "the file has \(bytes.count) bytes; allowed are \(Composer.maximumBytes) (8 MiB)", at: start)
            return nil
        }
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            findings.report("the file is UTF-16 or UTF-32; allowed is text in UTF-8", at: start)
            return nil
        }
        // A byte order mark is no part of the text (YAML 1.2, section 5.2), so columns do not count it.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        var composer = Composer(file: file)
        var node: Node?
        text.withUnsafeBufferPointer { buffer in
            do throws(Composer.Stop) {
                node = try composer.compose(buffer)
            } catch {
                findings.report(error.message, at: error.place)
            }
        }
        for (place, message) in composer.refused { findings.report(message, at: place) }
        return node
    }
}

extension Node {
    /// This value with `upper` on top: mappings are joined key by key, everything else is replaced.
    func overlaid(by upper: Node) -> Node {
        guard case .mapping(var entries) = value, case .mapping(let others) = upper.value else { return upper }
        // The composer left each key once.
        var places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.key, $0) })
        for other in others {
            guard let index = places[other.key] else {
                places[other.key] = entries.count
                entries.append(other)
                continue
            }
            let joined = entries[index].value.overlaid(by: other.value)
            // A joined mapping stays where it was begun; a replaced value stands where it was replaced.
            if joined.place != entries[index].value.place { entries[index].keyPlace = other.keyPlace }
            entries[index].value = joined
        }
        return Node(place: place, value: .mapping(entries))
    }
}

extension ManifestOverrides {
    /// What gave them, in the order of their files' indices.
    var origins: [String] { [libvirt, etcd, fleet].compactMap { $0?.origin } }

    /// The overrides as a tree of their own; each is a file of one line.
    func tree(firstFile: Int32) -> Node? {
        var file = firstFile
        var entries: [Node.Entry] = []
        for (key, override) in [("libvirt", libvirt), ("etcd", etcd), ("fleet", fleet)] {
            guard let override else { continue }
            let place = Place(file: file, line: 1, column: 1)
            file += 1
            let value: Node =
                key == "etcd" && override.text.contains(",")
                ? Node(place: place, value: .list(parts(of: override.text, at: place)))
                : Node(place: place, value: .scalar(Scalar(text: override.text, isPlain: false)))
            entries.append(Node.Entry(key: key, keyPlace: place, value: value))
        }
        guard let place = entries.first?.keyPlace else { return nil }
        return Node.mapping("spec", Node.mapping("connections", Node(place: place, value: .mapping(entries))))
    }

    private func parts(of text: String, at start: Place) -> [Node] {
        var place = start
        return text.split(separator: ",", omittingEmptySubsequences: false).map { part in
            defer { place.column += Int32(clamping: part.unicodeScalars.count + 1) }
            return Node(place: place, value: .scalar(Scalar(text: String(part), isPlain: false)))
        }
    }
}

extension Node {
    /// The value of a key; `nil`: there is none.
    subscript(key: String) -> Node? {
        guard case .mapping(let entries) = value else { return nil }
        return entries.first { $0.key == key }?.value
    }

    fileprivate static func mapping(_ key: String, _ value: Node) -> Node {
        Node(place: value.place, value: .mapping([Entry(key: key, keyPlace: value.place, value: value)]))
    }
}
