import FoundationEssentials
import Glibc

/// What is written down of a lab, so that it can be ended even when its supervisor was killed.
struct LabRecord: Codable, Sendable {
    struct Child: Codable, Sendable, Hashable {
        var name: String
        var process: ProcessIdentity
    }

    var schema = 1
    var hypervisor = LabHypervisor.test
    /// What was asked for.
    var asterisk = LabAsterisk.auto
    /// The versions of Asterisk that are real in it.
    var asteriskVersions: [String] = []
    /// Random; every process of the lab carries it.
    var id: String
    var startedAt: String
    /// `nil` before it runs and after it ended by itself.
    var supervisor: ProcessIdentity?
    /// A directory under `/tmp` for sockets, where the lab's own path is too long.
    var shortDirectory: String?
    /// The first three numbers of its nodes' addresses, as `127.93.7`.
    var network: String?
    /// How many Kamailios it has.
    var kamailios: Int
    var fleet = LabFleet()
    var children: [Child] = []

    init(
        hypervisor: LabHypervisor, asterisk: LabAsterisk, id: String, startedAt: String, shortDirectory: String?,
        kamailios: Int, fleet: LabFleet
    ) {
        self.hypervisor = hypervisor
        self.asterisk = asterisk
        self.id = id
        self.startedAt = startedAt
        self.shortDirectory = shortDirectory
        self.kamailios = kamailios
        self.fleet = fleet
    }

    /// A lab that an earlier version began can be ended all the same: what it did not write down is as it was then.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        schema = try container.decode(Int.self, forKey: .schema)
        id = try container.decode(String.self, forKey: .id)
        startedAt = try container.decode(String.self, forKey: .startedAt)
        hypervisor = try container.decodeIfPresent(LabHypervisor.self, forKey: .hypervisor) ?? .test
        asterisk = try container.decodeIfPresent(LabAsterisk.self, forKey: .asterisk) ?? .own
        asteriskVersions = try container.decodeIfPresent([String].self, forKey: .asteriskVersions) ?? []
        supervisor = try container.decodeIfPresent(ProcessIdentity.self, forKey: .supervisor)
        shortDirectory = try container.decodeIfPresent(String.self, forKey: .shortDirectory)
        network = try container.decodeIfPresent(String.self, forKey: .network)
        kamailios = try container.decodeIfPresent(Int.self, forKey: .kamailios) ?? 0
        fleet = try container.decodeIfPresent(LabFleet.self, forKey: .fleet) ?? LabFleet()
        children = try container.decode([Child].self, forKey: .children)
    }

    /// Reads the record; `nil` where there is none.
    static func read(_ path: String) throws(LabError) -> LabRecord? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        do {
            return try JSONDecoder().decode(LabRecord.self, from: data)
        } catch {
            throw LabError("\(path) is no record of a lab: \(error)")
        }
    }

    func write(_ path: String) throws(LabError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try LabFile.replace(path, with: Array(encoder.encode(self)))
        } catch let error as LabError {
            throw error
        } catch {
            throw LabError("cannot write \(path): \(error)")
        }
    }
}

/// Files that are there whole or not at all.
enum LabFile {
    /// Writes aside and renames.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(LabError) {
        let aside = path + ".new"
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .system("open \(aside)", errno) }
        do throws(LabError) {
            defer { close(descriptor) }
            try write(bytes, to: descriptor, path: aside)
        } catch {
            unlink(aside)
            throw error
        }
        guard rename(aside, path) == 0 else { throw .system("rename \(aside)", errno) }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(LabError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { throw .system("write \(path)", errno) }
            rest = rest.dropFirst(max(written, 0))
        }
    }
}
