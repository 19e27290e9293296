import FoundationEssentials
import Glibc
import Synchronization

/// One start of a unit, from its beginning to its end.
final class UnitProcess: Sendable {
    /// What it needs of the lab around it.
    struct Surroundings: Sendable {
        var layout: LabLayout
        /// Added to the environment of children.
        var environment: [String: String]
        /// The program that `dialtone announce` is.
        var executable: String
        /// What real Asterisk there is.
        var trees: AsteriskTrees
        /// Of the user of ARI and AMI.
        var password: String
        /// Which address stands for which node's.
        var network: LabNetwork
        /// Writes down that a child runs, or that it has ended.
        var record: @Sendable (LabChild, _ runs: Bool) async -> Void
        /// Seconds until what failed is started again (`RestartSec`).
        var restart: Duration = .seconds(1)
    }

    let process: FleetState.Process
    private let address: String
    private let surroundings: Surroundings
    private let report: @Sendable (_ isFailed: Bool) async -> Void
    /// Whether the machine under it died: then nothing says good-bye.
    private let isCut = Mutex(false)
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let over = Mutex(false)
    private let ending = Mutex(false)

    /// - Parameter predecessor: what must have ended before, because it holds the same ports.
    init(
        _ process: FleetState.Process, address: String, after predecessor: UnitProcess?, surroundings: Surroundings,
        report: @escaping @Sendable (_ isFailed: Bool) async -> Void
    ) {
        self.process = process
        self.address = address
        self.surroundings = surroundings
        self.report = report
        let task = Task {
            await predecessor?.ended()
            await run()
            over.withLock { $0 = true }
        }
        self.task.withLock { $0 = task }
    }

    /// Begins its end.
    func end(cut: Bool) {
        ending.withLock { $0 = true }
        isCut.withLock { $0 = $0 || cut }
        task.withLock { $0 }?.cancel()
    }

    func ended() async {
        await task.withLock { $0 }?.value
    }

    /// Whether it was told to end.
    var isEnding: Bool { ending.withLock { $0 } }

    /// Whether nothing of it is left.
    var isOver: Bool { over.withLock { $0 } }

    private var wasCut: Bool { isCut.withLock { $0 } }

    private func run() async {
        switch LabUnit(options: process.options) {
        case .asterisk(let wish):
            if let tree = surroundings.trees.tree(for: wish) {
                await runAsterisk(wish, tree)
            } else {
                await runStandIn(wish)
            }
        case .agent(let arguments): await runAgent(arguments)
        case .kamailio(let render, let arguments): await runKamailio(render, arguments)
        case .other: break
        }
    }

    private var instance: String { String(process.key.unit.prefix { $0 != "." }) }

    private func runStandIn(_ wish: AsteriskWish) async {
        while !Task.isCancelled {
            do throws(LabError) {
                let asterisk = try await AsteriskStandIn.start(
                    name: instance, version: wish.version, address: surroundings.network.serviceAddress(of: address),
                    sipPort: wish.sipPort, ariPort: wish.ariPort)
                await report(false)
                await untilCancelled()
                await asterisk.stop(hangingUp: !wasCut)
            } catch {
                say("\(process.key.unit) failed: \(error)")
                await report(true)
                try? await Task.sleep(for: surroundings.restart)
            }
        }
    }

    private func runAsterisk(_ wish: AsteriskWish, _ tree: AsteriskTree) async {
        let directory = AsteriskDirectory(
            tree: tree, path: surroundings.layout.asterisk + "/" + instance,
            runDirectory: surroundings.layout.run(instance), name: instance, wish: wish,
            address: surroundings.network.serviceAddress(of: address), password: surroundings.password)
        await runAgainAndAgain(surroundings.environment) { () throws(LabError) in
            try directory.make()
            return directory.command
        }
    }

    /// A real one, of this host's packages, by the configuration that its unit renders.
    private func runKamailio(_ render: [String], _ arguments: [String]) async {
        let directory = surroundings.layout.kamailio(instance)
        let program = LabChild.path(of: "kamailio")
        let words = [program] + arguments.map(here) + ["-Y", directory, "-P", "\(directory)/kamailio.pid"]
        let script = [["/bin/mkdir", "-p", directory], [surroundings.executable] + render.map(here), ["exec"] + words]
            .map { $0.map { "'" + $0.replacing("'", with: #"'\''"#) + "'" }.joined(separator: " ") }
            .joined(separator: " && ").replacing("'exec'", with: "exec")
        await runAgainAndAgain(surroundings.environment) { () throws(LabError) in
            guard program.hasPrefix("/") else {
                throw LabError("it needs the packages kamailio and kamailio-extra-modules")
            }
            return ["/bin/sh", "-c", script]
        }
    }

    private func runAgent(_ arguments: [String]) async {
        let credentials = [
            "ARI_USER": AsteriskDirectory.user, "ARI_PASSWORD": surroundings.password,
            "AMI_USER": AsteriskDirectory.user, "AMI_SECRET": surroundings.password,
        ]
        let command = [surroundings.executable] + arguments.map(here)
        await runAgainAndAgain(surroundings.environment.merging(credentials) { $1 }) { () throws(LabError) in command }
    }

    /// Runs a program until the unit is to end, and again whenever it ends by itself.
    ///
    /// - Parameter prepare: makes ready what a start needs, and gives the command.
    private func runAgainAndAgain(
        _ environment: [String: String], _ prepare: () throws(LabError) -> [String]
    ) async {
        while !Task.isCancelled {
            do throws(LabError) {
                let child = try LabChild(
                    name: process.key.unit, command: try prepare(), environment: environment,
                    log: surroundings.layout.log(process.key.unit))
                await surroundings.record(child, true)
                await report(false)
                let status = await withTaskCancellationHandler {
                    await child.waitForExit()
                } onCancel: {
                    child.identity.signal(isCut.withLock { $0 } ? SIGKILL : SIGTERM)
                    // One that does not go when asked is killed.
                    Task { await child.stop() }
                }
                await surroundings.record(child, false)
                if !Task.isCancelled { say("\(process.key.unit) ended with status \(status)") }
            } catch {
                say("\(process.key.unit) failed: \(error)")
            }
            guard !Task.isCancelled else { return }
            await report(true)
            try? await Task.sleep(for: surroundings.restart)
        }
    }

    /// A word of a command line with the node's address, and its loopback one, as the one that stands for it here, and its directories as the lab's.
    private func here(_ word: String) -> String {
        let node = address
        let local = surroundings.network.serviceAddress(of: node)
        if word == node { return local }
        for other in [node, "127.0.0.1"] {
            if word.hasPrefix("\(other):") { return local + word.dropFirst(other.count) }
            // etcd is on this host, whatever node asks for it.
            if word.hasPrefix("http://\(other):"), other == node || word.hasSuffix("/RPC") {
                return word.replacing("//\(other):", with: "//\(local):")
            }
        }
        let directories = "/var/lib/dialtone/"
        return word.hasPrefix(directories)
            ? surroundings.layout.kamailio(String(word.dropFirst(directories.count))) : word
    }

    private func untilCancelled() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }

    /// A line in the supervisor's log.
    private func say(_ text: String) {
        LabSay.line(text)
    }
}

/// The supervisor's log is its standard error.
enum LabSay {
    static func line(_ text: String) {
        let bytes = Array("\(LabTime.text(Date())) \(text)\n".utf8)
        _ = bytes.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }
}
