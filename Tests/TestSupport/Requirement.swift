import FoundationEssentials

/// What a run of the tests must not leave out, as `DIALTONE_REQUIRE=asterisk,machines` names it and CI does: where it is missing, the tests that need it
/// fail instead of being left out.
public enum Requirement: String, Sendable, CaseIterable {
    /// Real Asterisk (`make asterisk`).
    case asterisk
    /// The QEMU driver, and real machines: root, the programs, the node image.
    case machines

    /// Whether it has to be there.
    public var isDemanded: Bool { Self.demanded.contains(self) }

    private static let demanded: Set<Requirement> = {
        let words = (ProcessInfo.processInfo.environment["DIALTONE_REQUIRE"] ?? "").split(separator: ",")
        return Set(
            words.map { word in
                guard let requirement = Requirement(rawValue: String(word)) else {
                    // A word that asks for nothing would let everything pass.
                    fatalError("DIALTONE_REQUIRE: '\(word)' is none of \(allCases.map(\.rawValue))")
                }
                return requirement
            })
    }()
}
