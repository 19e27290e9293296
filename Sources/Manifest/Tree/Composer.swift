/// Builds the tree of one source from libyaml's events, and refuses what a manifest does not need: tags, merge keys,
/// a second document, doubled keys, and whatever would cost more than its bytes (alias bombs, bottomless nesting).
struct Composer {
    /// Far above 10,000 lines, far below what would be felt.
    static let maximumBytes = 8 * 1024 * 1024
    static let maximumDepth = 64
    /// Values of one source, aliases counted as often as they are used.
    static let maximumValues = 200_000

    /// A list or mapping that is still open.
    private struct Frame {
        var place: Place
        var anchor: String?
        var isMapping: Bool
        /// `count` when it was opened.
        var countBefore: Int
        /// Levels of what stands in it, as far as it was read.
        var height = 0
        var items: [Node] = []
        var entries: [Node.Entry] = []
        /// The key whose value is to come.
        var key: Key?
    }

    private enum Key {
        case named(String, Place)
        /// Was refused; its value is read and left out.
        case refused
    }

    /// A value that aliases may name.
    private struct Anchored {
        var node: Node
        var count: Int
        var height: Int
    }

    /// The source cannot be read further.
    struct Stop: Error {
        var place: Place
        var message: String
    }

    private let file: Int32
    private var stack: [Frame] = []
    private var anchors: [String: Anchored] = [:]
    private var root: Node?
    private var count = 0
    /// What was refused without ending the reading.
    private(set) var refused: [(place: Place, message: String)] = []

    init(file: Int) {
        self.file = Int32(file)
    }

    /// Reads all events of one source.
    mutating func compose(_ buffer: UnsafeBufferPointer<UInt8>) throws(Stop) -> Node {
        var events = YAMLEvents(buffer)
        var documents = 0
        while true {
            let event: YAMLEvents.Event
            do {
                event = try events.next()
            } catch {
                throw unreadable(error, in: buffer)
            }
            let place = Place(event.start, file: file)
            switch event.kind {
            case .scalar(let scalar, let properties):
                refuse(tag: properties.tag, at: place)
                try take(1, at: place)
                add(Node(place: place, value: .scalar(scalar)), anchor: properties.anchor, count: 1, height: 0)
            case .listStart(let properties): try open(isMapping: false, properties, at: place)
            case .mappingStart(let properties): try open(isMapping: true, properties, at: place)
            case .listEnd, .mappingEnd: close()
            case .alias(let name): try addAlias(name, at: place)
            case .documentStart:
                documents += 1
                guard documents == 1 else {
                    throw Stop(place: place, message: "a second document begins here; allowed is one in a file")
                }
            case .documentEnd, .streamStart: break
            case .streamEnd:
                guard let root else {
                    throw Stop(place: start, message: "the file is empty; allowed is a manifest")
                }
                return root
            }
        }
    }

    private mutating func open(
        isMapping: Bool, _ properties: YAMLEvents.Properties, at place: Place
    ) throws(Stop) {
        refuse(tag: properties.tag, at: place)
        try hold(depth: stack.count + 1, at: place)
        stack.append(Frame(place: place, anchor: properties.anchor, isMapping: isMapping, countBefore: count))
        try take(1, at: place)
    }

    private mutating func close() {
        // libyaml gives one end for each start.
        guard let frame = stack.popLast() else { return }
        let value: Node.Value = frame.isMapping ? .mapping(withoutDoubles(frame.entries)) : .list(frame.items)
        add(
            Node(place: frame.place, value: value), anchor: frame.anchor, count: count - frame.countBefore,
            height: frame.height + 1)
    }

    private mutating func addAlias(_ name: String, at place: Place) throws(Stop) {
        guard var anchored = anchors[name] else {
            let short = name.shortened
            throw Stop(
                place: place,
                message: stack.contains { $0.anchor == name }
                    ? "alias *\(short) stands inside the value that it names; allowed is a value that has ended"
                    : "alias *\(short) names nothing; allowed is a name that was given with &\(short) before")
        }
        try hold(depth: stack.count + anchored.height, at: place)
        try take(anchored.count, at: place)
        anchored.node.place = place
        add(anchored.node, anchor: nil, count: anchored.count, height: anchored.height)
    }

    private mutating func add(_ node: Node, anchor: String?, count: Int, height: Int) {
        if let anchor { anchors[anchor] = Anchored(node: node, count: count, height: height) }
        guard let last = stack.indices.last else {
            root = node
            return
        }
        stack[last].height = max(stack[last].height, height)
        guard stack[last].isMapping else {
            stack[last].items.append(node)
            return
        }
        switch stack[last].key {
        case nil:
            stack[last].key = key(node)
        case .refused:
            stack[last].key = nil
        case .named(let name, let place):
            stack[last].key = nil
            stack[last].entries.append(Node.Entry(key: name, keyPlace: place, value: node))
        }
    }

    private mutating func key(_ node: Node) -> Key {
        guard case .scalar(let scalar) = node.value else {
            refused.append((node.place, "\(node.described) stands as a key; allowed is text"))
            return .refused
        }
        if scalar.isPlain, scalar.text == "<<" {
            refused.append(
                (node.place, "merge key '<<' is not in this version; write the keys out, or give a second file"))
            return .refused
        }
        return .named(scalar.text, node.place)
    }

    /// The entries, each key once: the first stays.
    private mutating func withoutDoubles(_ entries: [Node.Entry]) -> [Node.Entry] {
        var lines: [String: Int32] = [:]
        lines.reserveCapacity(entries.count)
        var doubles = 0
        for entry in entries {
            guard let first = lines.updateValue(entry.keyPlace.line, forKey: entry.key) else { continue }
            lines[entry.key] = first
            doubles += 1
            let key = entry.key.shortened
            refused.append(
                (entry.keyPlace, "key '\(key)' is written twice; allowed is once, and it stands on line \(first)"))
        }
        guard doubles > 0 else { return entries }
        var kept: Set<String> = []
        return entries.filter { kept.insert($0.key).inserted }
    }

    /// What `!!` stands for.
    private let core = "tag:yaml.org,2002:"

    private mutating func refuse(tag: String?, at place: Place) {
        guard let tag else { return }
        let short = tag.hasPrefix(core) ? "!!" + tag.dropFirst(core.count).description.shortened : tag.shortened
        refused.append(
            (place, "tag '\(short)' is not in this version; leave it out (text is marked by quotes)"))
    }

    private func hold(depth: Int, at place: Place) throws(Stop) {
        guard depth <= Self.maximumDepth else {
            throw Stop(
                place: place,
                message:
                    "values are nested more than \(Self.maximumDepth) deep; allowed are \(Self.maximumDepth) levels")
        }
    }

    private mutating func take(_ values: Int, at place: Place) throws(Stop) {
        count += values
        guard count <= Self.maximumValues else {
            throw Stop(
                place: place,
                message: "the file has more than \(Self.maximumValues) values; allowed are \(Self.maximumValues), "
                    + "those that aliases repeat included")
        }
    }

    private func unreadable(_ failure: YAMLEvents.Failure, in buffer: UnsafeBufferPointer<UInt8>) -> Stop {
        guard let mark = failure.mark else {
            return Stop(
                place: Place(ofByte: failure.offset, in: buffer, file: file), message: failure.message(nextByte: nil))
        }
        let place = Place(failure.pointsAtContext ? failure.contextMark : mark, file: file)
        return Stop(place: place, message: failure.message(nextByte: place.byte(in: buffer)))
    }

    private var start: Place { Place(file: file, line: 1, column: 1) }
}
