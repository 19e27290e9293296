import FoundationEssentials
import Kamailio

/// The list file on disk. Lines of sets that are not Dialtone's stay as they are.
struct ListFile: Sendable {
    let path: String
    let sets: KamailioSettings.Sets

    private var ours: Set<String> {
        Set([sets.stable, sets.canary, sets.draw, sets.rules].map { "\($0)" })
    }

    /// Kamailio does not start without the file: where there is none, one that deals nothing.
    func makeIfMissing() throws(DispatcherFileError) {
        guard !FileManager.default.fileExists(atPath: path), let list = try? DispatcherList.dealingNothing(sets) else {
            return
        }
        try list.replace(path)
    }

    func write(_ list: DispatcherList) throws(DispatcherFileError) {
        try list.replace(path, keeping: foreignLines())
    }

    /// Lines of other sets.
    private func foreignLines() -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).filter { line in
            guard let set = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first else { return false }
            return !set.hasPrefix("#") && !ours.contains(String(set))
        }.map(String.init)
    }
}
