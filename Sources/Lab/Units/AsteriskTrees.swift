import FoundationEssentials
import Glibc

/// Whether a lab's Asterisk units are real.
public enum LabAsterisk: String, Sendable, Hashable, Codable, CaseIterable {
    /// Those of which there is a tree (`make asterisk`); a SIP endpoint of our own for all others.
    case auto
    /// The same, and the lab does not come up when one of the two trees is missing.
    case real
    /// SIP endpoints of our own alone.
    case own
}

/// One version of Asterisk from Debian's packages, as a directory tree in which it runs as it is.
struct AsteriskTree: Sendable, Hashable {
    /// Without links: a newer one takes another directory.
    let directory: String
    /// What Asterisk says of itself, as `16.28.0~dfsg-0+deb11u4`.
    let version: String

    var program: String { directory + "/usr/sbin/asterisk" }
    /// What modules read: documentation, ARI's description.
    var data: String { directory + "/usr/share/asterisk" }

    /// Where the modules lie: 22 has them in the directory of the machine's kind.
    var modules: String {
        let library = directory + "/usr/lib"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []).sorted()
        let places = ["asterisk/modules"] + names.map { "\($0)/asterisk/modules" }
        return places.map { "\(library)/\($0)" }.first { access($0 + "/chan_pjsip.so", R_OK) == 0 } ?? library
    }

    init?(_ place: String) {
        let directory = LabLayout.absolute(place)
        guard access(directory + "/usr/sbin/asterisk", X_OK) == 0,
            let version = try? String(contentsOfFile: directory + "/version", encoding: .utf8)
        else { return nil }
        self.directory = directory
        self.version = version.filter { !$0.isWhitespace }
    }
}

/// The trees that `make asterisk` has left, by major version.
struct AsteriskTrees: Sendable, Hashable {
    static let majors = [16, 22]
    static let none = AsteriskTrees(trees: [:])

    let trees: [Int: AsteriskTree]

    /// `DIALTONE_ASTERISK`, or `dialtone/asterisk` in the user's cache.
    static var cache: String { LabCache.directory(variable: "DIALTONE_ASTERISK", name: "asterisk") }

    /// - Throws: when `choice` asks for real ones and one is missing.
    static func find(_ choice: LabAsterisk) throws(LabError) -> AsteriskTrees {
        guard choice != .own else { return none }
        var trees: [Int: AsteriskTree] = [:]
        for major in majors {
            trees[major] = AsteriskTree("\(cache)/\(major)")
            guard trees[major] != nil || choice != .real else {
                throw LabError(
                    "there is no Asterisk \(major) in \(cache): make asterisk makes it, DIALTONE_ASTERISK names another place, "
                        + "and --asterisk own does without")
            }
        }
        return AsteriskTrees(trees: trees)
    }

    /// What runs a unit that asks for this; `nil`: our own endpoint.
    func tree(for wish: AsteriskWish) -> AsteriskTree? { wish.major.flatMap { trees[$0] } }

    /// The versions, oldest first.
    var versions: [String] { trees.sorted { $0.key < $1.key }.map(\.value.version) }
}

/// Where what is made once and used by many labs lies.
enum LabCache {
    /// What `variable` names, or `dialtone/<name>` in the user's cache.
    static func directory(variable name: String, name folder: String) -> String {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let directory = value(name) { return directory }
        return (value("XDG_CACHE_HOME") ?? (value("HOME") ?? "/root") + "/.cache") + "/dialtone/" + folder
    }
}
