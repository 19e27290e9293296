// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A package of its own, so that nobody who builds or tests Dialtone pays for it.
let package = Package(
    name: "benchmarks",
    dependencies: [.package(name: "dialtone", path: "..")],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "DialtoneRooms", package: "dialtone"),
                .product(name: "DialtoneTestSupport", package: "dialtone"),
                // Whole processes are measured too.
                .product(name: "dialtone", package: "dialtone"),
            ],
            swiftSettings: settings)
    ]
)
