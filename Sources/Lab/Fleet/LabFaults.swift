import FoundationEssentials

/// What is wrong with a lab's fleet on purpose: the file `faults.json` of its directory, looked at with each request. None there: nothing is wrong.
public struct LabFaults: Sendable, Hashable, Codable {
    /// fleet's registry (etcd) is away: every call is answered with 500.
    public var fleetIsAway = false
    /// Units that run and have no entry in `/state`, as a real fleet's after a move.
    public var silentUnits: Set<String> = []
    /// Units whose process ends at once, however often it is started.
    public var failingUnits: Set<String> = []
    /// Seconds for which the states of a dead machine stay, once it is listed no more; `nil`: as long as fleet's times say.
    public var ghosts: Double?

    public init(
        fleetIsAway: Bool = false, silentUnits: Set<String> = [], failingUnits: Set<String> = [], ghosts: Double? = nil
    ) {
        self.fleetIsAway = fleetIsAway
        self.silentUnits = silentUnits
        self.failingUnits = failingUnits
        self.ghosts = ghosts
    }

    /// - Returns: what the file says; no fault where there is none, or none that can be read.
    static func read(_ path: String) -> LabFaults {
        FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(LabFaults.self, from: $0) }
            ?? LabFaults()
    }
}

extension Lab {
    /// Makes these the faults of the lab in `directory`, in place of any before.
    public static func set(_ faults: LabFaults, directory: String) throws(LabError) {
        let directory = LabLayout.absolute(directory)
        guard let record = try LabRecord.read(directory + "/lab.json") else {
            throw LabError("there is no lab in \(directory)")
        }
        let path = LabLayout(directory: directory, shortDirectory: record.shortDirectory).faults
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try LabFile.replace(path, with: Array(encoder.encode(faults)) + [10])
        } catch let error as LabError {
            throw error
        } catch {
            throw LabError("cannot write \(path): \(error)")
        }
    }
}
