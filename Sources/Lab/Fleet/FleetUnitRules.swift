/// What fleet refuses with 400, in its own words (`api/units.go`: ValidateName, ValidateOptions).
enum FleetUnitRules {
    private static let types: Set<String> = [
        "service", "socket", "busname", "target", "snapshot", "device", "mount", "automount", "swap", "timer", "path",
        "slice", "scope",
    ]

    /// The first thing wrong with a unit's name.
    static func fault(name: String) -> String? {
        if name.isEmpty { return "unit name cannot be empty" }
        if name.utf8.count > 256 { return "unit name exceeds maximum length (256)" }
        guard let dot = name.lastIndex(of: ".") else { return "unit name must contain \".\"" }
        let type = name[name.index(after: dot)...]
        if type.isEmpty { return "unit name cannot end in \".\"" }
        if !types.contains(String(type)) { return "invalid unit type: \"\(type)\"" }
        for character in name[..<dot] where !isValid(character) {
            return "invalid character '\(character)' in unit name"
        }
        return name.hasPrefix("@") ? "unit name cannot start in \"@\"" : nil
    }

    private static func isValid(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || ":-_.\\@".contains(character))
    }

    /// The first requirement that cannot be met beside another.
    static func fault(requirementsOf unit: FleetUnit) -> String? {
        for peer in unit.peers.sorted() {
            for conflict in unit.conflicts.sorted() where FleetGlob.matches(conflict, peer) {
                return "unresolvable requirements: peer \"\(peer)\" matches conflict \"\(conflict)\""
            }
        }
        let hasPeers = !unit.peers.isEmpty
        let hasConflicts = !unit.conflicts.isEmpty
        let hasReplaces = !unit.replaces.isEmpty
        let pinned = unit.machineID != nil
        let faults: [(Bool, String)] = [
            (pinned && hasPeers, "MachineID cannot be used with Peers"),
            (pinned && hasConflicts, "MachineID cannot be used with Conflicts"),
            (pinned && unit.isGlobal, "MachineID cannot be used with Global"),
            (pinned && hasReplaces, "MachineID cannot be used with Replaces"),
            (unit.isGlobal && hasPeers, "Global cannot be used with Peers"),
            (unit.isGlobal && hasConflicts, "Global cannot be used with Conflicts"),
            (unit.isGlobal && hasReplaces, "Global cannot be used with Replaces"),
            (hasConflicts && hasReplaces, "Conflicts cannot be used with Replaces"),
        ]
        return faults.first { $0.0 }?.1
    }
}

/// Patterns of `Conflicts`: Go's `path.Match` without character classes, which unit names have no use for.
enum FleetGlob {
    static func matches(_ pattern: String, _ name: String) -> Bool {
        matches(Array(pattern)[...], Array(name)[...])
    }

    private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        switch first {
        case "*":
            return matches(pattern.dropFirst(), name)
                || (!name.isEmpty && name.first != "/" && matches(pattern, name.dropFirst()))
        case "?": return !name.isEmpty && name.first != "/" && matches(pattern.dropFirst(), name.dropFirst())
        default: return name.first == first && matches(pattern.dropFirst(), name.dropFirst())
        }
    }
}
