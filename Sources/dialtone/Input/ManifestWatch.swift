import ClusterModel
import Manifest

/// Looks each second whether a manifest's files say something else.
struct ManifestWatch: Sendable {
    var intent: Intent
    var sources: [ManifestSource]
    /// The last good one.
    var spec: ClusterSpec
    var say: @Sendable (String) -> Void

    /// Until it is cancelled.
    func run(telling control: RunControl) async {
        var watch = self
        var problems: ManifestErrors?
        while true {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            do throws(ManifestErrors) {
                if let spec = try watch.look() { control.change(to: spec) }
                problems = nil
            } catch {
                // Said once, not each second.
                if error != problems {
                    for problem in error.problems { say(problem.description.printable) }
                    say("the manifest as it is now is not taken up; the last good one stays in force")
                }
                problems = error
            }
        }
    }

    /// The spec, if it is another one now.
    private mutating func look() throws(ManifestErrors) -> ClusterSpec? {
        let now = try intent.files.read()
        guard now != sources else { return nil }
        let spec = try Manifest.load(sources: now, overrides: intent.overrides)
        guard spec.name == self.spec.name else {
            throw ManifestErrors(problems: [
                Problem(
                    file: now.first?.name ?? "-", line: 1, column: 1,
                    message: "metadata.name is '\(spec.name)' now; allowed while this runs is '\(self.spec.name)'")
            ])
        }
        sources = now
        let isNew = spec != self.spec
        self.spec = spec
        say("the manifest changed\(isNew ? "" : ", and asks for the same")")
        return isNew ? spec : nil
    }
}
