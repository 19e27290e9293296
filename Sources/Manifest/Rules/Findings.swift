/// What reading brings to light beside values: problems, and where each word stands.
struct Findings {
    /// One step down the tree, and where it was written.
    private struct Step {
        var part: Part
        var place: Place

        enum Part {
            case key(String)
            case item(Int)
            /// A key that the user chose, looked at for itself.
            case name
        }
    }

    /// Names of the sources and overrides, by `Place.file`.
    private let files: [String]
    /// Index of the first override.
    private let firstOverride: Int
    private var problems: [(place: Place, message: String)] = []
    private var steps: [Step] = []
    /// Where each word was written, by its path.
    private(set) var places: [String: Place] = [:]

    init(files: [String], firstOverride: Int) {
        self.files = files
        self.firstOverride = firstOverride
    }

    /// The path of the value that is being read, as messages name it.
    var path: String {
        var path = ""
        for step in steps {
            switch step.part {
            case .key(let key): path += path.isEmpty ? key.shortened : "." + key.shortened
            case .item(let index): path += "[\(index)]"
            case .name: path = "a name in \(path)"
            }
        }
        return path.isEmpty ? "the manifest" : path
    }

    /// Where the value that is being read begins: its key.
    var owner: Place? { steps.last?.place }

    mutating func enter(key: String, at place: Place) {
        steps.append(Step(part: .key(key), place: place))
        places[path] = place
    }

    /// Remembers where an item with words of its own stands; plain items are too many, and their list is enough.
    mutating func locate(_ place: Place) {
        if let last = steps.last, case .item = last.part { places[path] = place }
    }

    mutating func enter(item: Int, at place: Place) {
        steps.append(Step(part: .item(item), place: place))
    }

    /// A key that the user chose: there may be many, and where their mapping stands is enough.
    mutating func enter(name: String, at place: Place) {
        steps.append(Step(part: .key(name), place: place))
    }

    mutating func enter(nameAt place: Place) {
        steps.append(Step(part: .name, place: place))
    }

    /// Takes a misspelt key for `word`, so that it is not missed, too.
    mutating func presume(_ word: String, at place: Place) {
        enter(key: word, at: place)
        leave()
    }

    mutating func leave() {
        steps.removeLast()
    }

    mutating func report(_ message: String, at place: Place) {
        problems.append((place, message))
    }

    /// Reports that the value that is being read is `node`, where only `allowed` may stand. What may be a secret is not shown.
    mutating func refuse(_ node: Node, _ clause: String = "", allowed: String, isSecret: Bool = false) {
        let given = isSecret ? node.describedWithoutValue : node.described
        report("\(path) is \(given)\(clause); allowed is \(allowed)", at: node.place)
    }

    func isOverride(_ place: Place) -> Bool { place.file >= firstOverride }

    func name(of place: Place) -> String { files[Int(place.file)] }

    var hasProblems: Bool { !problems.isEmpty }

    /// All problems, in the order of the sources and then by place; those of one place as they were found.
    var errors: ManifestErrors {
        let sorted = problems.enumerated().sorted {
            ($0.element.place, $0.offset) < ($1.element.place, $1.offset)
        }
        return ManifestErrors(
            problems: sorted.map { _, problem in
                Problem(
                    file: name(of: problem.place), line: Int(problem.place.line), column: Int(problem.place.column),
                    message: problem.message)
            })
    }

    var locations: [String: String] {
        places.mapValues { "\(name(of: $0)):\($0.line):\($0.column)" }
    }
}

/// A value, and where it was written.
struct Written<Value: Sendable>: Sendable {
    var value: Value
    /// Where its key stands; of an item of a list, the item.
    var key: Place
    var place: Place
}
