import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

extension CallTrial {
    private static let newer = "registry.example.net/asterisk:20.10"

    private static func three(_ change: (inout ManifestText) -> Void = { _ in }) -> ManifestText {
        var manifest = ManifestText(nodes: 3, replicas: 3)
        change(&manifest)
        return manifest
    }

    private static let stepped = three {
        $0.replicas = 2
        $0.canary = .init(
            image: newer,
            steps: [.init(weight: 20, pause: "1s", calls: 10), .init(weight: 50, pause: "1s", calls: 10)])
    }

    static let rolling = CallTrial("a rolling change of all replicas", three()) { lab, manifest in
        try await lab.apply(manifest.with { $0.image = newer })
    }

    static let scaledIn = CallTrial("scale in, from three to one", three()) { lab, manifest in
        try await lab.apply(manifest.with { $0.replicas = 1 })
    }

    static let nodeRemoved = CallTrial("a node removed, with its instance", three()) { lab, manifest in
        try await lab.apply(
            manifest.with {
                $0.nodes = 2
                $0.replicas = 2
            })
    }

    static let steps = CallTrial("a canary by steps", stepped) { lab, manifest in
        // Passed; a person's word is waited for.
        try await lab.apply(manifest, status: 77)
    }

    static let aborted = CallTrial("a canary aborted", stepped) { lab, manifest in
        let file = try lab.write(manifest)
        let apply = try lab.start("apply", "-f", file, "--yes")
        try await eventually("the first step's share is in force", deadline: .seconds(30)) {
            try await lab.document("/dialtone/e2e/shares")["draw"]["canary"].int == 20
        }
        try await lab.successful([
            Executable.path, "canary", "abort", "-f", file, "--lab", lab.directory, "--note", "a test",
        ])
        #expect(try await apply.waitForExit(deadline: .seconds(40)) == 77, "\(apply.output)")
        #expect(try await lab.document("/dialtone/e2e/shares")["draw"]["canary"].int == 0)
    }

    static let promoted = CallTrial("a canary promoted to all", stepped) { lab, manifest in
        try await lab.apply(manifest, status: 77)
        try await lab.successful([
            Executable.path, "canary", "promote", "-f", try lab.write(manifest), "--lab", lab.directory,
        ])
        try await lab.apply(manifest, status: 77)
        for instance in ["e2e-asterisk-1", "e2e-asterisk-2"] {
            #expect(try await lab.option("ExecStart", of: instance)?.hasSuffix("20.10") == true)
        }
    }

    static let reloaded = CallTrial("dispatcher.reload by others, and shares changed", three()) { lab, manifest in
        let file = try lab.write(manifest)
        for round in 0..<4 {
            try await lab.reloadDispatcher()
            let order = round % 2 == 0 ? "drain" : "undrain"
            try await lab.successful([
                Executable.path, order, "e2e-asterisk-2", "-f", file, "--lab", lab.directory,
            ])
            try await lab.apply(manifest)
            try await lab.reloadDispatcher()
        }
    }

    static let agentKilled = CallTrial("the dispatch agent killed", three()) { lab, manifest in
        for image in ["20.10", "20.11"] {
            kill(try lab.pid(of: "dispatch-kamailio-1"), SIGKILL)
            try await lab.apply(manifest.with { $0.image = "registry.example.net/asterisk:\(image)" })
        }
    }

    static let controllerKilled = CallTrial("the controller killed, three times", three()) { lab, manifest in
        let file = try lab.write(manifest.with { $0.image = newer })
        for _ in 0..<3 {
            let before = try await lab.document("/dialtone/e2e/shares")["revision"].int ?? 0
            let apply = try lab.start("apply", "-f", file, "--yes")
            try await eventually("it is at work", deadline: .seconds(30)) {
                let revision = try await lab.document("/dialtone/e2e/shares")["revision"].int ?? 0
                return !apply.isRunning || revision > before
            }
            kill(apply.pid, SIGKILL)
            try await apply.waitForExit(deadline: .seconds(5))
        }
        try await lab.apply(manifest.with { $0.image = newer })
    }

    /// PAINS, P12.
    static let etcdStopped = CallTrial("etcd stopped for 15 s, and started", three()) { lab, manifest in
        let units = try await lab.dumpFleet()["units"]
        try await lab.frozen("etcd") {
            let plan = try await lab.dialtone("apply", "-f", try lab.write(manifest), "--yes", "--timeout", "12s")
            #expect(plan.status == 69, "\(plan)")
            try await Task.sleep(for: .seconds(3))
        }
        try await eventually("all instances are registered again", deadline: .seconds(30)) {
            try await lab.status(manifest)["instances"].array.allSatisfy { $0["up"].bool == true }
        }
        try await lab.expectConverged(manifest)
        #expect(try await lab.dumpFleet()["units"] == units, "P12: no unit was changed")
    }

    static let kamailioRestarted = CallTrial("Kamailio restarted, twice", three()) { lab, _ in
        var child: ChildProcess?
        defer { if let child { keep.withLock { $0.append(child) } } }
        for _ in 0..<2 {
            child = try await lab.restartKamailio(child)
            try await eventually("its agent has acknowledged anew", deadline: .seconds(20)) {
                let shares = try await lab.document("/dialtone/e2e/shares")["revision"].int
                return try await lab.document("/dialtone/e2e/dispatchers/kamailio-1")["revision"].int == shares
            }
        }
    }

    /// Kamailios that go on while their calls do.
    private static let keep = Mutex<[ChildProcess]>([])

    /// Those of `make test`.
    static let few = [rolling, nodeRemoved, agentKilled, kamailioRestarted]

    static let all = [
        rolling, scaledIn, nodeRemoved, steps, aborted, promoted, reloaded, agentKilled, controllerKilled, etcdStopped,
        kamailioRestarted,
    ]
}

extension ManifestText {
    func with(_ change: (inout ManifestText) -> Void) -> ManifestText {
        var copy = self
        change(&copy)
        return copy
    }
}

extension LabSession {
    private var kamailioRPC: String {
        let environment = readText("\(directory)/lab.env")
        return environment.firstMatch(of: /LAB_KAMAILIO_RPC='([^ ']*)/).map { String($0.1) } ?? ""
    }

    /// A reload that is none of ours; one that comes too early is refused, as anybody's is.
    func reloadDispatcher() async throws {
        try await successful([
            "curl", "-sS", "-d", #"{"jsonrpc":"2.0","method":"dispatcher.reload","params":[],"id":1}"#, kamailioRPC,
        ])
    }

    /// Ends Kamailio as a service would, and starts it again with the same words.
    /// - Parameter own: the one that this started before; `nil`: it is the lab's.
    func restartKamailio(_ own: ChildProcess?) async throws -> ChildProcess {
        let pid = if let own { own.pid } else { try pid(of: "kamailio-1") }
        func words(_ file: String) -> [String] {
            readText("/proc/\(pid)/\(file)").split(separator: "\0").map(String.init)
        }
        let command = words("cmdline")
        let environment = Dictionary(
            words("environ").map { line in
                let sides = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(sides[0]), sides.count > 1 ? String(sides[1]) : "")
            }
        ) { first, _ in first }
        if let own {
            try await own.stop()
        } else {
            kill(pid, SIGTERM)
            try await eventually("it has ended", deadline: .seconds(10), every: .milliseconds(10)) {
                let stat = readText("/proc/\(pid)/stat")
                return stat.isEmpty || stat.contains(") Z ")
            }
        }
        return try ChildProcess(command, environment: environment)
    }
}
