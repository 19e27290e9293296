import ClusterModel

/// Whether nodes and instances may be destroyed or replaced at all (invariant 7: all of a plan or none of it).
enum Destruction {
    case allowed
    case held(count: Int, recent: Int, limit: Int)

    var isAllowed: Bool {
        if case .allowed = self { true } else { false }
    }

    var because: String {
        guard case .held(let count, let recent, let limit) = self else { return "" }
        let before = recent > 0 ? " (\(recent) of them in the last hour)" : ""
        return """
            \(count) nodes and instances would be destroyed or replaced\(before), and safety.maxDestroy is \(limit); \
            if that is right, --allow-destroy \(count)
            """
    }
}
