import ClusterModel

/// The two units of one Kamailio of ours: Kamailio, and the agent beside it.
public struct KamailioUnits: Sendable, Hashable {
    public var main: UnitFile
    public var mainMark: KamailioMark
    public var dispatcher: UnitFile
    public var dispatcherMark: KamailioMark

    /// Where JSON-RPC answers: Kamailios stand one a node.
    static let rpc = "127.0.0.1:8060"
    /// Seconds between two reloads at least, as the rendered configuration has it.
    static let reloadDelta = 1

    public init(_ kamailio: KamailioDefinition, putAt: Instant) {
        let main = Self.kamailio(kamailio)
        let dispatcher = Self.dispatcher(kamailio)
        let hash = UnitFile.hash(main)
        mainMark = KamailioMark(
            cluster: kamailio.cluster, component: .kamailio, inputs: kamailio.inputs, hash: hash, putAt: putAt)
        dispatcherMark = KamailioMark(
            cluster: kamailio.cluster, component: .dispatcher, inputs: kamailio.inputs,
            hash: UnitFile.hash(dispatcher), serves: hash, putAt: putAt)
        self.main = UnitFile(name: kamailio.name, options: main + mainMark.options)
        self.dispatcher = UnitFile(name: kamailio.dispatcher, options: dispatcher + dispatcherMark.options)
    }

    /// What it is configured by, on its node: rendered before each start.
    private static func directory(_ name: String) -> String { "/var/lib/dialtone/\(name)" }

    private static func kamailio(_ kamailio: KamailioDefinition) -> [UnitFile.Option] {
        let (name, inputs) = (kamailio.name, kamailio.inputs)
        let runtime = "/usr/bin/\(inputs.runtime.rawValue)"
        let directory = directory(name)
        let render =
            [
                "/opt/dialtone/bin/dialtone", "kamailio", "--directory", directory, "--listen",
                "\(inputs.address):\(inputs.port)", "--rpc", rpc,
            ] + inputs.trusted.flatMap { ["--trusted", $0] }
        let run = [
            runtime, "run", "--rm", "--name", name, "--network", "host", "--volume", "\(directory):\(directory)",
            "--entrypoint", "kamailio", inputs.image, "-f", "\(directory)/kamailio.cfg", "-DD", "-E", "-m", "64", "-M",
            "8",
        ]
        var options = [UnitFile.Option("Unit", "Description", "Kamailio \(name) of cluster \(kamailio.cluster)")]
        if inputs.runtime == .docker {
            options += [.init("Unit", "Requires", "docker.service"), .init("Unit", "After", "docker.service")]
        }
        return options + [
            .init("Service", "TimeoutStartSec", "0"),
            .init("Service", "ExecStartPre", CommandLine([runtime, "rm", "--force", name]).text(prefix: "-")),
            .init("Service", "ExecStartPre", CommandLine(["/bin/mkdir", "-p", directory]).text()),
            .init("Service", "ExecStartPre", CommandLine(render).text()),
            .init("Service", "ExecStart", CommandLine(run).text()),
            .init("Service", "ExecStop", CommandLine([runtime, "stop", name]).text()),
            .init("Service", "Restart", "always"),
            .init("Service", "RestartSec", "2"),
            .init("X-Fleet", "MachineMetadata", "dialtone-node=\(inputs.node)"),
        ]
    }

    /// `dialtone dispatch` on the Kamailio's machine.
    private static func dispatcher(_ kamailio: KamailioDefinition) -> [UnitFile.Option] {
        let command = [
            "/opt/dialtone/bin/dialtone", "dispatch", "--cluster", kamailio.cluster, "--name", kamailio.name, "--list",
            "\(directory(kamailio.name))/dispatcher.list", "--rpc", "http://\(rpc)/RPC", "--reload-delta",
            "\(reloadDelta)", "--etcd", kamailio.inputs.etcd.joined(separator: ","),
        ]
        return [
            .init("Unit", "Description", "Dispatcher of \(kamailio.name)"),
            .init("Service", "ExecStart", CommandLine(command).text()),
            .init("Service", "Restart", "always"),
            .init("Service", "RestartSec", "2"),
            .init("X-Fleet", "MachineOf", "\(kamailio.name).service"),
        ]
    }
}
