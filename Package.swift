// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A target of the house; `on` names its own targets first, then what it takes from packages.
func room(_ name: String, on dependencies: [Target.Dependency] = [], path: String? = nil) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, on dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["TestSupport"], resources: resources, swiftSettings: settings)
}

func system(_ name: String, pkgConfig: String, apt: String...) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt(apt)])
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")

let package = Package(
    name: "dialtone",
    products: [
        .executable(name: "dialtone", targets: ["dialtone"]),
        // For Benchmarks/, which is a package of its own; automatic libraries, which nobody else builds.
        .library(
            name: "DialtoneRooms",
            targets: ["ClusterModel", "Planning", "Provisioning", "Manifest", "Libvirt", "Etcd", "Fleet", "Reconciler"]),
        .library(name: "DialtoneTestSupport", targets: ["TestSupport"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    ],
    targets: [
        system("CLibvirt", pkgConfig: "libvirt", apt: "libvirt-dev"),
        system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CXML", pkgConfig: "libxml-2.0", apt: "libxml2-dev"),
        system("CISOFS", pkgConfig: "libisofs-1", apt: "libisofs-dev", "libburn-dev"),

        room("OrderedJSON"),
        room("ClusterModel", on: [collections]),
        room("Provisioning", on: ["ClusterModel", "OrderedJSON", crypto]),
        room("Planning", on: ["ClusterModel", "Provisioning", crypto]),
        room("Manifest", on: ["ClusterModel", "OrderedJSON", "CYAML"]),

        .target(name: "CEpoll"),

        room("HTTPTransport", on: ["CCurl"]),
        room("Libvirt", on: ["CEpoll", "CLibvirt", "CXML"]),
        room("Etcd", on: ["HTTPTransport", "OrderedJSON"]),
        room("Fleet", on: ["HTTPTransport", "OrderedJSON"]),
        room("SIP", on: [nio, nioPosix]),
        room("Asterisk", on: ["HTTPTransport"]),
        room("Kamailio", on: ["HTTPTransport"]),
        room("ConfigDrive", on: ["CISOFS"]),

        room(
            "Reconciler",
            on: [
                "ClusterModel", "OrderedJSON", "Planning", "Provisioning", "HTTPTransport", "Libvirt", "Etcd", "Fleet",
                "ConfigDrive",
                crypto, logging,
            ]),
        room("Agents", on: ["OrderedJSON", "Etcd", "SIP", "Asterisk", "Kamailio", logging]),
        room(
            "Lab",
            on: [
                "Libvirt", "Etcd", "Fleet", "SIP", "Asterisk", "Kamailio", "HTTPTransport", "ConfigDrive", "Reconciler",
                hummingbird, nio, nioPosix, crypto, logging,
            ]),
        .executableTarget(
            name: "dialtone",
            dependencies: [
                "ClusterModel", "Planning", "Provisioning", "Manifest", "Reconciler", "Etcd", "Asterisk", "Kamailio",
                "HTTPTransport",
                "Agents", "Lab", argumentParser, logging,
            ],
            swiftSettings: settings),

        room("TestSupport", on: [hummingbird, logging, nio, nioPosix], path: "Tests/TestSupport"),
        room("Simulation", on: ["Reconciler"], path: "Tests/Simulation"),
        tests("OrderedJSONTests", on: ["OrderedJSON"]),
        tests("ClusterModelTests", on: ["ClusterModel"]),
        tests("PlanningTests", on: ["Planning"]),
        tests("ManifestTests", on: ["Manifest"], resources: [.copy("Fixtures")]),
        tests("ProvisioningTests", on: ["Provisioning"]),
        tests("ConfigDriveTests", on: ["ConfigDrive"]),
        tests("HTTPTransportTests", on: ["HTTPTransport"]),
        tests("LibvirtTests", on: ["Libvirt"], resources: [.copy("Fixtures")]),
        tests("EtcdTests", on: ["Etcd"], resources: [.copy("Fixtures")]),
        tests("FleetTests", on: ["Fleet"], resources: [.copy("Fixtures")]),
        tests("SIPTests", on: ["SIP"]),
        tests("AsteriskTests", on: ["Asterisk"], resources: [.copy("Fixtures")]),
        tests("KamailioTests", on: ["Kamailio", "Planning", "HTTPTransport"], resources: [.copy("Fixtures")]),
        tests("AgentsTests", on: ["Agents", "OrderedJSON", "Etcd", "SIP", "Asterisk", "Kamailio", "HTTPTransport"]),
        tests("ReconcilerTests", on: ["ClusterModel", "Planning", "Reconciler", "Etcd", "Libvirt"]),
        tests("SimulationTests", on: ["Simulation"]),
        tests("LabTests", on: ["Lab", "Libvirt", "ConfigDrive", "SIP"], resources: [.copy("Fixtures")]),
        tests("DialtoneTests", on: ["dialtone", argumentParser], resources: [.copy("Golden")]),
        tests(
            "CommandTests",
            on: [
                "dialtone", "ClusterModel", "HTTPTransport", "Lab", "Libvirt", "Manifest", "Planning",
                "Provisioning", "Reconciler", "Simulation",
            ]),
        tests("QemuTests", on: ["dialtone"]),
    ]
)
