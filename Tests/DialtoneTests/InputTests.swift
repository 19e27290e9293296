import ClusterModel
import FoundationEssentials
import Glibc
import Manifest
import Planning
import Reconciler
import TestSupport
import Testing

@testable import dialtone

@Suite("What commands read and keep")
struct InputTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func spec(_ name: String = "a", count: Int = 0, etcd: String = "http://e:2379") -> ClusterSpec {
        ClusterSpec(
            name: name, connections: Connections(etcd: [etcd], fleet: "unix:/f"), hypervisors: [HypervisorSpec()],
            nodes: NodesSpec(count: count, image: "i", addresses: []),
            asterisk: AsteriskSpec(replicas: 0, workload: Workload(image: "i")))
    }

    @Test("A directory stands for its manifests in the order of their names; a lab's part comes last")
    func files() throws {
        for name in ["20-b.yml", "10-a.yaml", ".hidden.yaml", "notes.txt", "lab.yaml"] {
            try directory.write(name, to: name)
        }
        var files = ManifestFiles([directory.path, directory.file("notes.txt")], lab: directory.path)
        let names = try files.read().map { String($0.name.dropFirst(directory.path.count + 1)) }
        #expect(names == ["10-a.yaml", "20-b.yml", "lab.yaml", "notes.txt", "lab.yaml"])
    }

    @Test("All that cannot be read is said in one go")
    func unreadable() throws {
        let empty = try TemporaryDirectory()
        let missing = directory.file("missing.yaml")
        var files = ManifestFiles([missing, empty.path, "/proc/self/mem"], lab: directory.path)
        let error = #expect(throws: ManifestErrors.self) { try files.read() }
        #expect(
            error?.problems.map(\.description) == [
                "\(missing):1:1: cannot be read: No such file or directory",
                "\(empty.path):1:1: no manifest is in it; allowed are files *.yaml and *.yml",
                "/proc/self/mem:1:1: cannot be read: Input/output error",
                "\(directory.path)/lab.yaml:1:1: there is no lab in \(directory.path); begin one with "
                    + "dialtone lab up --dir \(directory.path)",
            ])
    }

    @Test("A file without an end is given up")
    func endless() {
        var files = ManifestFiles(["/dev/zero"], lab: nil)
        let error = #expect(throws: ManifestErrors.self) { try files.read() }
        #expect(error?.problems.first?.message == "the file has more than 16 MiB; allowed are 8 MiB")
    }

    private func savedPlan() throws -> SavedPlanFile {
        let observed = Observed(
            hypervisors: [:], registry: .known(RegistryState(), at: Samples.now),
            units: .known(UnitsState(), at: Samples.now))
        let manifest = try directory.write("one", to: "cluster.yaml")
        return SavedPlanFile(
            SavedPlan(Samples.plan, planner: Planner(desired: spec().expanded()), observed: observed),
            sources: [
                ManifestSource(name: manifest, bytes: Array("one".utf8)), ManifestSource(name: "-", bytes: [1]),
            ])
    }

    @Test(
        "What is no saved plan is refused with the reason",
        arguments: [
            ("/dev/null", "/dev/null: is no saved plan; make one with dialtone plan --out, or give a manifest with -f"),
            ("/nowhere/plan", "/nowhere/plan: cannot be read: No such file or directory"),
            ("/proc/self/mem", "/proc/self/mem: cannot be read: Input/output error"),
        ])
    func noSavedPlan(path: String, reason: String) {
        let error = #expect(throws: CommandError.self) { try SavedPlanFile.read(path) }
        #expect(error?.message == reason)
    }

    @Test(
        "What still holds calls off after an order is taken back is named: the node's for an instance, the instances' for a node"
    )
    func stillHeld() {
        let order = PersonalOrder(by: "ann@host", note: "new disk", at: Samples.now)
        let places = [("a-asterisk-1", "a-node-1"), ("a-asterisk-2", "a-node-2"), ("a-asterisk-3", "a-node-1")]
        func text(without target: String, _ orders: [String]) -> String {
            var document = DrainDocument(target, [], nil, nil)
            document.stillHeld = StillHeld.list(
                without: target, places: places, orders: Dictionary(uniqueKeysWithValues: orders.map { ($0, order) }))
            return document.text
        }
        #expect(text(without: "a-asterisk-1", ["a-asterisk-1", "a-node-2"]) == "No order holds calls off a-asterisk-1")
        #expect(
            text(without: "a-asterisk-1", ["a-asterisk-1", "a-node-1"])
                == "a-asterisk-1 has no order of its own; the order for a-node-1 by ann@host (new disk) still holds calls off "
                + "a-asterisk-1: dialtone undrain a-node-1")
        #expect(
            text(without: "a-node-1", ["a-node-1", "a-asterisk-3", "a-asterisk-2"])
                == "a-node-1 has no order of its own; the order for a-asterisk-3 by ann@host (new disk) still holds calls off "
                + "a-asterisk-3: dialtone undrain a-asterisk-3")
    }

    @Test("A saved plan comes back as it was, and only its owner can read it")
    func savedPlanFile() throws {
        let saved = try savedPlan()
        try saved.write(directory.file("plan.json"))
        let read = try SavedPlanFile.read(directory.file("plan.json"))
        #expect(read.plan == saved.plan)
        #expect(read.sources == saved.sources)
        #expect(try directory.mode(of: "plan.json") == 0o600)
        // Written over, too.
        try saved.write(directory.file("plan.json"))
        #expect(try directory.names() == ["cluster.yaml", "plan.json"])
    }

    @Test("A manifest that changed since the plan was saved is said; one that is gone tells nothing")
    func changedManifest() throws {
        let saved = try savedPlan()
        #expect(saved.changedSources() == [])
        try directory.write("two", to: "cluster.yaml")
        #expect(saved.changedSources() == ["\(directory.file("cluster.yaml")) has changed since the plan was made"])
        try directory.remove("cluster.yaml")
        #expect(saved.changedSources() == [])
    }

    @Test(
        "What is no saved plan is refused with 65",
        arguments: [
            ("", "is no saved plan"), ("apiVersion: dialtone/v1", "is no saved plan"), ("{}", "is no saved plan"),
            (#"{"apiVersion":"dialtone/v9","kind":"SavedPlan","plan":{"format":1}}"#, "another version"),
            (#"{"apiVersion":"dialtone/v1","kind":"SavedPlan","plan":{"format":99}}"#, "another version"),
            (#"{"apiVersion":"dialtone/v1","kind":"SavedPlan","plan":{"format":FORMAT}}"#, "is a damaged plan"),
        ])
    func noPlan(text: String, message: String) throws {
        let path = try directory.write(text.replacing("FORMAT", with: "\(SavedPlan.format)"), to: "p")
        let error = #expect(throws: CommandError.self) { try SavedPlanFile.read(path) }
        #expect(error?.status == .manifest)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("A changed manifest goes to the loop that runs; other connections need another loop")
    func control() async {
        let control = RunControl()
        let turn = control.begin(spec())
        control.change(to: spec(count: 3))
        var planners = turn.planners.makeAsyncIterator()
        #expect(await planners.next()?.desired.spec.nodes.count == 3)
        #expect(control.successor == nil)
        control.change(to: spec(etcd: "http://other:2379"))
        var stops = turn.stops.makeAsyncIterator()
        #expect(await stops.next() != nil)
        #expect(control.successor?.connections.etcd == ["http://other:2379"])
    }

    @Test("A stop is for good, also between two loops")
    func stop() async {
        let control = RunControl()
        _ = control.begin(spec())
        control.change(to: spec(etcd: "http://other:2379"))
        control.stop()
        #expect(control.successor == nil)
        var stops = control.begin(spec()).stops.makeAsyncIterator()
        #expect(await stops.next() != nil)
    }
}

extension TemporaryDirectory {
    fileprivate func mode(of name: String) throws -> UInt32 {
        var status = stat()
        try #require(stat(file(name), &status) == 0)
        return status.st_mode & 0o777
    }

    fileprivate func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    fileprivate func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: file(name))
    }
}
