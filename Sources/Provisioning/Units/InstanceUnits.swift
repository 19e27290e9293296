import ClusterModel

/// The two units of one instance: Asterisk, and the announcer beside it.
public struct InstanceUnits: Sendable, Hashable {
    public var main: UnitFile
    public var mainMark: UnitMark
    public var announcer: UnitFile
    public var announcerMark: UnitMark

    public init(_ instance: InstanceDefinition, putAt: Instant) {
        let asterisk = AsteriskUnit(name: instance.name, cluster: instance.cluster, inputs: instance.inputs).options
        let announcer = AnnouncerUnit(instance).options
        mainMark = .main(instance, hash: UnitFile.hash(asterisk), putAt: putAt)
        announcerMark = .announcer(instance, hash: UnitFile.hash(announcer), putAt: putAt)
        main = UnitFile(name: instance.name, options: asterisk + mainMark.options)
        self.announcer = UnitFile(name: instance.announcer, options: announcer + announcerMark.options)
    }

    /// The hash that the instance's unit will have: known before it is put.
    public static func hash(name: String, cluster: String, inputs: InstanceInputs) -> String {
        UnitFile.hash(AsteriskUnit(name: name, cluster: cluster, inputs: inputs).options)
    }
}

extension UnitMark {
    /// The mark of an instance's unit, of whose options the hash is known.
    public static func main(_ instance: InstanceDefinition, hash: String, putAt: Instant) -> UnitMark {
        UnitMark(
            cluster: instance.cluster, component: .asterisk, track: instance.track, node: instance.inputs.node,
            inputs: instance.inputs, hash: hash, putAt: putAt)
    }

    /// The mark of the announcer beside an instance.
    public static func announcer(_ instance: InstanceDefinition, putAt: Instant) -> UnitMark {
        announcer(instance, hash: UnitFile.hash(AnnouncerUnit(instance).options), putAt: putAt)
    }

    fileprivate static func announcer(_ instance: InstanceDefinition, hash: String, putAt: Instant) -> UnitMark {
        UnitMark(
            cluster: instance.cluster, component: .announcer, track: instance.track, node: instance.inputs.node,
            inputs: instance.inputs, hash: hash, announces: instance.hash,
            // As units had it before there was anything to tell: those mean the same.
            announcing: instance.announcing == AnnouncerInputs() ? nil : instance.announcing, putAt: putAt)
    }
}

/// Asterisk in a container on the host's network.
struct AsteriskUnit {
    var name: String
    var cluster: String
    var inputs: InstanceInputs

    var options: [UnitFile.Option] {
        let runtime = "/usr/bin/\(inputs.runtime.rawValue)"
        let ports = inputs.ports
        var environment = inputs.env
        environment["DIALTONE_INSTANCE"] = name
        environment["DIALTONE_SIP_ADDRESS"] = inputs.address.description
        environment["DIALTONE_SIP_PORT"] = "\(ports.sip)"
        environment["DIALTONE_AMI_PORT"] = "\(ports.ami)"
        environment["DIALTONE_ARI_PORT"] = "\(ports.ari)"
        environment["DIALTONE_RTP_PORTS"] = "\(ports.rtp.lowerBound)-\(ports.rtp.upperBound)"
        let variables = environment.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
        let run = [runtime, "run", "--rm", "--name", name, "--network", "host"] + variables + [inputs.image]
        var options = [UnitFile.Option("Unit", "Description", "Asterisk \(name) of cluster \(cluster)")]
        if inputs.runtime == .docker {
            options += [.init("Unit", "Requires", "docker.service"), .init("Unit", "After", "docker.service")]
        }
        return options + [
            .init("Service", "TimeoutStartSec", "0"),
            .init("Service", "ExecStartPre", CommandLine([runtime, "rm", "--force", name]).text(prefix: "-")),
            .init("Service", "ExecStart", CommandLine(run).text()),
            .init("Service", "ExecStop", CommandLine([runtime, "stop", name]).text()),
            .init("Service", "Restart", "always"),
            .init("Service", "RestartSec", "2"),
            .init("X-Fleet", "MachineMetadata", "dialtone-node=\(inputs.node)"),
        ]
    }
}

/// `dialtone announce` on the instance's machine.
struct AnnouncerUnit {
    var instance: InstanceDefinition

    init(_ instance: InstanceDefinition) {
        self.instance = instance
    }

    var options: [UnitFile.Option] {
        let inputs = instance.inputs
        var command = [
            "/opt/dialtone/bin/dialtone", "announce", "--cluster", instance.cluster, "--name", instance.name,
            "--address", inputs.address.description, "--port", "\(inputs.ports.sip)", "--node", inputs.node,
            "--track", instance.track.rawValue, "--image", inputs.image, "--unit", instance.hash,
            "--etcd", inputs.etcd.joined(separator: ","),
            "--ari", "http://\(inputs.address):\(inputs.ports.ari)",
        ]
        let announcing = instance.announcing
        if announcing.discovery != AnnouncerInputs().discovery {
            command += ["--discovery", announcing.discovery.map(\.rawValue).joined(separator: ",")]
        }
        if let probe = announcing.probe { command += ["--probe", probe] }
        return [
            .init("Unit", "Description", "Announcer of \(instance.name)"),
            .init("Service", "ExecStart", CommandLine(command).text()),
            .init("Service", "Restart", "always"),
            .init("Service", "RestartSec", "2"),
            .init("X-Fleet", "MachineOf", "\(instance.name).service"),
        ]
    }
}
