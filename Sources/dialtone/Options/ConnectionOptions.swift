import ArgumentParser
import FoundationEssentials
import Manifest

/// How the systems are reached, over what the manifest says.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("libvirt's URI [DIALTONE_LIBVIRT]", valueName: "uri"))
    var libvirt: String?

    @Option(help: ArgumentHelp("etcd's client URLs, with commas between them [DIALTONE_ETCD]", valueName: "urls"))
    var etcd: String?

    @Option(help: ArgumentHelp("fleet's API: unix:PATH or http://HOST:PORT [DIALTONE_FLEET]", valueName: "url"))
    var fleet: String?

    @Option(
        help: ArgumentHelp(
            "A lab's directory: its lab.yaml goes on top of the manifest [DIALTONE_LAB]", valueName: "dir"))
    var lab: String?

    /// What wins over every file.
    func overrides(_ environment: [String: String]) -> ManifestOverrides {
        func value(_ flag: String?, _ name: String) -> ManifestOverrides.Value? {
            if let flag { return .init(flag, origin: "--\(name)") }
            let variable = "DIALTONE_\(name.uppercased())"
            return environment[variable].flatMap { $0.isEmpty ? nil : .init($0, origin: variable) }
        }
        return ManifestOverrides(
            libvirt: value(libvirt, "libvirt"), etcd: value(etcd, "etcd"), fleet: value(fleet, "fleet"))
    }

    /// The lab's directory, if there is one.
    func labDirectory(_ environment: [String: String]) -> String? {
        lab ?? environment["DIALTONE_LAB"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
