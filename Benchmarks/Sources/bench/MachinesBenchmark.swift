import FoundationEssentials
import Glibc
import Libvirt
import Reconciler
import TestSupport

/// Real machines, from `apply` to joined, against the same ones by bare `virsh` commands; and the upload of a base image against `virsh vol-upload`.
///
/// Needs root and the node image (`make node-image`); where one is missing it says so and measures nothing.
enum MachinesBenchmark {
    private static let nodes = ["bench-node-1", "bench-node-2", "bench-node-3"]

    static func run(_ report: Report) async throws {
        let directory = try TemporaryDirectory()
        let lab = directory.file("lab")
        do {
            try Program.dialtone("lab", "up", "--hypervisor", "qemu", "--asterisk", "own", "--dir", lab).run()
        } catch {
            return print("real machines are not measured: \(error)")
        }
        let down = Program.dialtone("lab", "down", "--dir", lab)
        do {
            try await measure(report, directory, lab)
        } catch {
            _ = try? down.run()
            throw error
        }
        try down.run()
    }

    private static func measure(_ report: Report, _ directory: TemporaryDirectory, _ lab: String) async throws {
        let environment = readText("\(lab)/lab.env")
        guard let uri = environment.firstMatch(of: /DIALTONE_LIBVIRT='([^']*)'/).map({ String($0.1) }) else {
            throw Program.Failed(description: "the lab does not say where its libvirt is")
        }
        let manifest = try directory.write(
            """
            apiVersion: dialtone/v1
            kind: Cluster
            metadata: {name: bench}
            spec:
              nodes: {count: \(nodes.count), image: /node.qcow2, addresses: 192.168.122.200-192.168.122.220}
              asterisk: {replicas: 0, image: "registry.example.net/asterisk:20.9"}

            """, to: "cluster.yaml")
        let apply = Program.dialtone("apply", "--lab", lab, "-f", manifest, "--yes")
        let destroy = Program.dialtone("destroy", "--lab", lab, "-f", manifest, "--yes")
        func floor(_ command: String) -> Program {
            var program = Program.floor("machines.sh", command, uri, directory.path)
            program.words += nodes
            return program
        }
        try apply.run()
        try floor("save").run()
        try destroy.run()
        let machines = try await Pairs.measure(rounds: 5) {
            let time = try floor("make").ownTime()
            try floor("clear").run()
            return time
        } ours: {
            let time = try apply.wholeTime()
            try destroy.run()
            return time
        }
        report.add("`apply` of \(nodes.count) real machines, until joined / bare `virsh`", machines, limit: 1.15)
        try await upload(report, uri, directory)
    }

    private static func upload(_ report: Report, _ uri: String, _ directory: TemporaryDirectory) async throws {
        let (image, bytes) = (directory.file("large"), UInt64(512) << 20)
        try Program(words: ["dd", "if=/dev/urandom", "of=\(image)", "bs=1M", "count=512", "status=none"]).run()
        let connection = LibvirtConnection(uri: uri)
        try await connection.createVolume(
            VolumeDefinition(name: "large", capacity: bytes, format: .raw), inPool: "default")
        let virsh = Program(words: ["virsh", "-c", uri, "vol-upload", "large", image, "--pool", "default"])
        let pairs = try await Pairs.measure(rounds: 7) {
            try virsh.wholeTime()
        } ours: {
            // As `apply` does it: what is sent is hashed on its way.
            try await milliseconds {
                let hash = ContentHash()
                try await connection.upload(file: image, toVolume: "large", inPool: "default", seen: hash.add)
                return hash.finish()
            }
        }
        report.add("upload of an image of 512 MiB / `virsh vol-upload`", pairs, limit: 1.1)
        try await connection.deleteVolume(named: "large", inPool: "default")
        await connection.close()
    }
}
